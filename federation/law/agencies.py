"""The four agencies: those that keep a register of criminal records, and at whose windows people apply."""

from __future__ import annotations

from typing import Final

from federation.values.identity import OrganClass

FOUR_AGENCIES: Final = frozenset(
    {OrganClass.POLICE, OrganClass.STATE_SECURITY, OrganClass.PROCURATORATE, OrganClass.JUSTICE}
)
"""公安机关、国家安全机关、人民检察院、司法行政机关 (Opinions II(1).1, R9; II(3).1, R34).

A court is not one of them (A2).
"""
