"""Control after a term (刑法 69(2)) goes through entry, import, notices and answers, to its own end (R20, R27)."""

from __future__ import annotations

from pathlib import Path

from compose.node.importing import import_file
from federation.v1 import record_pb2 as pb
from tests.support.asking import case
from tests.support.local import LocalFederation
from tests.support.notices import correction, judgment, release, sent, stages
from tests.support.records import Someone, record
from tests.support.tables import MAP, as_csv, row

Fed = LocalFederation
CONTROL = pb.Penalty(kind=pb.PENALTY_KIND_CONTROL, months=12)


def test_r20_what_was_entered_is_answered(running_federation: Fed) -> None:
    someone = Someone()
    made = record(someone)
    made.further_penalty.CopyFrom(CONTROL)
    running_federation.enter("procuratorate", made)
    (found,) = running_federation.client("police").ask(case(someone.subject())).answer.convictions
    assert found.record.further_penalty == CONTROL
    assert "procuratorate-1" in next(s.nodes for s in found.sources if s.field == "further_penalty")


def test_r20_what_was_imported_is_answered(running_federation: Fed, tmp_path: Path) -> None:
    someone, file = Someone(), tmp_path / "two.csv"
    file.write_bytes(as_csv([row(someone, 决定执行的刑罚="有期徒刑三年，管制一年", 刑满日期="")]))
    done = import_file(
        running_federation.layout.home, "police-1", officer="甲", file=file, quiet=True, map_file=MAP
    )
    assert done["entered"] == 1
    (found,) = running_federation.client("police").ask(case(someone.subject())).answer.convictions
    assert found.record.further_penalty == CONTROL
    assert found.record.combined_penalty.months == 36


def test_r27_the_discharge_from_control_follows_the_release_without_a_conflict(
    running_federation: Fed,
) -> None:
    first = judgment(Someone())
    first.record.further_penalty.CopyFrom(CONTROL)
    sent(running_federation.client("court"), first)
    (released,) = sent(running_federation.client("prison"), release(first, "2022-06-19"))
    assert "registered" in stages(released).values()
    (discharged,) = sent(running_federation.client("county_justice"), correction(first, "2023-06-19"))
    assert set(stages(discharged).values()) == {"accepted", "registered"}
