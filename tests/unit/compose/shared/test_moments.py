"""People read every moment in Beijing time: at 23:30 in UTC the day has already changed there."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from compose.correct.corrections_shown import caused_table, disclosures_table
from compose.evidence.verify_cli import show
from compose.node.sealing_showing import certificate_table
from compose.shared.moments import stamps_in_beijing
from compose.shared.printing import Console
from federation.documents.file import VerifiedDocument
from federation.evidence.report import Check, Result
from federation.statements.seals import CheckedCertificate
from federation.v1 import recall_pb2, sealing_pb2

STAMP = "2026-11-30T23:30:05.123456Z"


def _recalls(console: Console) -> None:
    track = recall_pb2.RecallTrack(recalled_at=STAMP, read_at=STAMP, acknowledged_at=STAMP)
    caused_table([track], console)


def _disclosures(console: Console) -> None:
    disclosures_table([recall_pb2.Disclosure(told_at=STAMP)], console)


def _certificate(console: Console) -> None:
    certificate_table(CheckedCertificate(sealing_pb2.SealingCertificate(certified_at=STAMP), ()), console)


def _checks(console: Console) -> None:
    show(VerifiedDocument(None, (Check("time", Result.OK, f"answered at {STAMP}"),)), console)


@pytest.mark.parametrize("draw", [_recalls, _disclosures, _certificate, _checks])
def test_what_people_read_is_in_beijing_time(draw: Callable[[Console], None]) -> None:
    out = io.StringIO()
    draw(Console(file=out, width=200))
    assert "2026-12-01" in out.getvalue()
    assert "2026-11-30" not in out.getvalue()


def test_every_stamp_in_a_sentence_is_turned_and_nothing_else() -> None:
    said = stamps_in_beijing(f"from {STAMP} to {STAMP}; 2026-11-30 and 2026-11-30T23:30:05Z stay")
    assert said == (
        "from 2026-12-01 07:30:05 (Beijing) to 2026-12-01 07:30:05 (Beijing); "
        "2026-11-30 and 2026-11-30T23:30:05Z stay"
    )
