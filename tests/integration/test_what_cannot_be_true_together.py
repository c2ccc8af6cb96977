"""What cannot be true together comes in by no door: sex and number, birth and judgment, number and day (R14, R17)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from compose.node.importing import import_file
from federation.errors import InvalidRequest
from federation.v1 import record_pb2 as pb
from tests.support.local import LocalFederation
from tests.support.notices import judgment, refused
from tests.support.records import Someone, record
from tests.support.tables import MAP, as_csv, row

Fed = LocalFederation


def of_a_woman(made: pb.Record) -> None:
    made.person.sex = pb.SEX_FEMALE


def of_a_later_year(made: pb.Record) -> None:
    made.judgment_number.original = "（2020）京0105刑初70001号"


def of_a_basic_court_on_appeal(made: pb.Record) -> None:
    made.judgment_number.original = made.judgment_number.original.replace("刑初", "刑终")


def of_compulsory_treatment(made: pb.Record) -> None:
    made.judgment_number.original = made.judgment_number.original.replace("刑初", "刑医")


def of_a_child(made: pb.Record) -> None:
    child = Someone(born=date(2009, 3, 4))
    made.person.identifiers[0].number, made.person.birth_date = child.number, child.born.isoformat()
    for offence in made.offences:
        offence.conduct_from = offence.conduct_to = ""
        made.unknowns.add(field="offences[0].conduct_from", reason=pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
        made.unknowns.add(field="offences[0].conduct_to", reason=pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)


IMPOSSIBLE = pytest.mark.parametrize(
    ("spoil", "field", "rule"),
    [
        (of_a_woman, "person.sex", "GB 11643"),
        (of_a_later_year, "judgment_number.original", "R17"),
        (of_a_basic_court_on_appeal, "judgment_number.original", "R17"),
        (of_compulsory_treatment, "judgment_number.original", "R17"),
        (of_a_child, "person.birth_date", "刑法 17"),
    ],
)
Spoil = Callable[[pb.Record], None]


@IMPOSSIBLE
def test_r14_r17_it_is_refused_by_entry_page_amendment_and_notice(
    running_federation: Fed, spoil: Spoil, field: str, rule: str
) -> None:
    client = running_federation.client("police")
    wrong = record(Someone(), "police")
    spoil(wrong)
    with pytest.raises(InvalidRequest) as caught:
        client.register.enter("police-1", wrong)
    assert (field, rule) in {(v.field, v.rule) for v in caught.value.violations}
    [kept] = client.register.enter_many("police-1", [wrong])
    assert (field, rule) in {(v.field, v.rule) for v in kept.quarantined.violations}
    right = record(Someone(), "police")
    receipt = running_federation.enter("police", right)
    spoil(right)
    with pytest.raises(InvalidRequest) as caught:
        running_federation.amend("police", receipt.record_id, receipt.version, right)
    assert (field, rule) in {(v.field, v.rule) for v in caught.value.violations}
    notice = judgment(Someone())
    spoil(notice.record)
    assert (rule, f"record.{field}") in refused(running_federation.client("court"), notice)


def test_r14_r17_an_import_sets_such_rows_aside(running_federation: Fed, tmp_path: Path) -> None:
    file = tmp_path / "impossible.csv"
    later = row(Someone(), number="（2021）京0105刑初70002号")
    file.write_bytes(as_csv([row(Someone(), 性别="女"), later, row(Someone())]))
    done = import_file(
        running_federation.layout.home, "police-1", officer="甲", file=file, quiet=True, map_file=MAP
    )
    assert (done["entered"], done["quarantined"]) == (1, 2)
    kept = [json.loads(line) for line in Path(done["quarantine_file"]).read_text("utf-8").splitlines()]
    assert [{reason["rule"] for reason in each["reasons"]} for each in kept] == [{"GB 11643"}, {"R17"}]
