"""When the question of an application is asked, as the table says (A27)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.applications.question import PURPOSE, release_of
from federation.charter.model import Release
from federation.law.workdays import load_workdays
from federation.statements.announcements import ANNOUNCED
from federation.v1 import application_pb2 as pb
from federation.values.enum_names import enum_name

LAW: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "law" / "release.yaml").read_text("utf-8"))


@pytest.mark.parametrize("row", LAW["releases"], ids=lambda row: row["id"])
def test_a27_the_calendar_alone_says_when_an_application_is_asked(row: dict[str, str]) -> None:
    found = release_of(Release(row["release"]), date.fromisoformat(row["accepted"]), load_workdays())
    assert found.isoformat() == row["expect"]


def test_a27_every_kind_of_application_waits_or_does_not() -> None:
    names = {number: enum_name(pb.ApplicationKind.DESCRIPTOR, number) for number in PURPOSE}
    waits = {names[kind]: purpose in ANNOUNCED for kind, purpose in PURPOSE.items()}
    assert waits == LAW["waits"]
