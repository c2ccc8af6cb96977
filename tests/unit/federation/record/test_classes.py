"""The classes beside criminal records and links to other stores: what is taken and what is refused (R64, R65, A24)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.message import Message

from federation.errors import InvalidRequest
from federation.law.external_stores import load_stores, stores
from federation.record.classes import holder_violations, related_classes
from federation.record.related import FIELDS
from federation.record.validate import admit
from federation.v1 import record_pb2 as pb
from federation.v1 import related_pb2
from tests.support import related
from tests.support.records import Someone, record

LAW = Path(__file__).parents[3] / "law"
ROWS: list[dict[str, Any]] = yaml.safe_load((LAW / "record_classes.yaml").read_text("utf-8"))
TODAY = date(2026, 11, 25)
MADE: dict[str, Callable[[Someone], pb.Record]] = {
    "public_order": related.public_order,
    "non_prosecution": related.non_prosecution,
    "reeducation": related.reeducation,
    "process": related.process,
}


def faults(made: pb.Record) -> set[tuple[str, str]]:
    try:
        admit(made, today=TODAY, allow_synthetic=True)
    except InvalidRequest as error:
        return {(v.field, v.rule) for v in error.violations}
    return set()


def put(message: Message, path: str, value: str) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        message = getattr(message, parent)
    enum = message.DESCRIPTOR.fields_by_name[name].enum_type
    setattr(message, name, enum.values_by_name[value].number if enum is not None else value)


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_r64_a_record_of_each_class_is_held_to_its_own_rules(row: dict[str, Any]) -> None:
    made = MADE[row["class"]](Someone())
    for path, value in row.get("set", {}).items():
        put(made, path, value)
    if "clear" in row:
        *parents, name = row["clear"].split(".")
        (getattr(made, parents[0]) if parents else made).ClearField(name)
    if "sanction" in row:
        made.decision.sanctions.add(kind=related_pb2.SANCTION_KIND_FINE)
    if "link" in row:
        made.links.add(store=row["link"], reference="1")
    found = faults(made)
    if row["refused"] is None:
        assert not found
    else:
        assert tuple(row["refused"]) in found


def test_r64_a_criminal_record_has_no_decision_and_a_working_record_is_no_record() -> None:
    made = record(Someone())
    made.decision.organ = "某局"
    assert faults(made) == {("decision", "R64")}
    made = record(Someone())
    made.record_class = pb.RECORD_CLASS_WORKING
    assert faults(made) == {("record_class", "R64")}


@pytest.mark.parametrize("name", sorted(MADE))
def test_r64_who_may_hold_a_class_is_as_the_table_says(name: str) -> None:
    made = MADE[name](Someone())
    holders = {
        agency
        for agency in ("police", "state_security", "procuratorate", "justice", "court", "")
        if not holder_violations(made, agency)
    }
    assert holders == set(related_classes()[name].holders)
    assert set(related_classes()[name].mandatory) <= FIELDS.keys()
    assert not holder_violations(record(Someone()), "justice"), "criminal records are everybody's"


def test_r65_every_declared_store_has_a_link_type_and_a_basis_or_says_why_none() -> None:
    assert [store.id for store in stores().values() if not store.basis] == ["credit_information"]
    for store in stores().values():
        assert store.basis or store.note
        assert not (store.basis and list(store.refusals(TODAY)))


def test_r65_a_link_is_refused_outside_the_days_of_its_basis() -> None:
    platform = stores()["community_correction"]
    assert list(platform.refusals(date(2020, 6, 30)))
    assert not list(platform.refusals(date(2020, 7, 1)))


@pytest.mark.parametrize(
    "text",
    [
        '[x]\ntitle = "x"\nlink = "rumour"\nagencies = ["police"]\nbasis = "law"\n',
        '[x]\ntitle = "x"\nlink = "person"\nagencies = ["neighbour"]\nbasis = "law"\n',
        '[x]\ntitle = "x"\nlink = "person"\nagencies = ["police"]\nbasis = ""\n',
        '[x]\ntitle = "x"\nlink = "person"\nagencies = ["police"]\n',
    ],
)
def test_r65_a_table_that_does_not_hold_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "stores.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match="x"):
        load_stores(path)
