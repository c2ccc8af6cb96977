"""Codes of administrative divisions (行政区划代码, GB/T 2260), by which notices find the organ that registers (R28).

Six digits: province, prefecture, county. The first digits alone stand for a larger area, which charters and lists use.
"""

from __future__ import annotations

import re

from federation.values.characters import half_width

_CODE = re.compile(r"\d{6}", re.ASCII)
_PREFIX = re.compile(r"\d{1,6}", re.ASCII)


def check_division(code: str) -> None:
    """Raise `ValueError` unless `code` is that of one division; whether the code was ever given out is not checked."""
    if not _CODE.fullmatch(code):
        raise ValueError("is not a division code of six digits")


def read_division(text: str) -> str:
    """Return the code that a person wrote, full-width digits too, as the contract writes it; raises `ValueError`."""
    code = half_width(text).strip()
    check_division(code)
    return code


def check_area(prefix: str, *, least: int = 1) -> None:
    """Raise `ValueError` unless `prefix` is a division code or its first digits, `least` of them."""
    if len(prefix) < least or not _PREFIX.fullmatch(prefix):
        raise ValueError(f"is not a division code or its first digits, {least} to 6")
