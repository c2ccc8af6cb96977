"""Rules that are wrong on purpose, put in place of the law's for a register."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from federation.evidence.entry import read_body
from federation.law import sealing_related
from federation.law.sealing_rules import SealingRule, sealing_rules
from federation.values.terms import RecordClass, SealRule
from tests.support import related
from tests.support.records import Someone, open_record
from tests.support.register import RegisterUnderTest


def small_register(folder: Path) -> RegisterUnderTest:
    """Return a register of twenty sealed decisions on adults that no rule but S3 seals, and three convictions."""
    made = RegisterUnderTest(folder)
    for _ in range(20):
        made.enter(related.public_order(Someone()))
    for _ in range(3):
        made.enter(open_record("police")[1])
    made.judge_anew()
    assert made.statuses() == {"SEALED": 20, "OPEN": 3}
    return made


def plant(monkeypatch: pytest.MonkeyPatch, rules: Iterable[SealingRule]) -> None:
    """Have these rules in force in place of those of the table."""
    planted = {rule.id: rule for rule in rules}
    monkeypatch.setattr(sealing_related, "sealing_rules", lambda: planted)


def plant_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the rule out that seals public-order records: every one of them would be open."""
    plant(monkeypatch, (r for r in sealing_rules().values() if r.id is not SealRule.S3))


def plant_sealing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the reserved rule seal every decision not to prosecute."""
    wrong = [
        replace(
            r, classes=frozenset({RecordClass.NON_PROSECUTION}), in_force_from=date(2012, 1, 1), terms=None
        )
        if r.id is SealRule.S4
        else r
        for r in sealing_rules().values()
    ]
    plant(monkeypatch, wrong)


def entries(register: RegisterUnderTest) -> list[dict[str, object]]:
    return [dict(read_body(entry.body)) for entry in register.journal.entries(0, 1000)]
