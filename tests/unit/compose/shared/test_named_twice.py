"""A field that JSON names twice, in one way of writing or in both, is refused wherever people hand in messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compose.apply.apply_forms import read_submission
from compose.correct.correct_cli import _record
from compose.node.identity_cli import _read_offender
from compose.notices.notice_file import read_notices
from federation.errors import InvalidRequest
from federation.v1 import identity_pb2, notice_pb2, record_pb2
from federation.values.json_message import read_message

#: A door -> a text for it, in which two stand for the two ways of writing.
DOORS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "notice": (
        lambda file: read_notices(file, notice_pb2.NOTICE_KIND_JUDGMENT),
        '{"record": {%s: "2011-01-01", %s: "2025-01-01"}}',
    ),
    "correction": (_record, '{"record": {%s: "2011-01-01", %s: "2025-01-01"}}'),
    "offender": (
        lambda file: _read_offender(file, identity_pb2.Split()),
        '{%s: "2011-01-01", %s: "2025-01-01"}',
    ),
    "application": (read_submission, '{"subject": {%s: "2011-01-01", %s: "2025-01-01"}}'),
}
FIELD = {"notice": "finalOn final_on", "correction": "finalOn final_on"}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("one", "other"), [(0, 0), (1, 1), (0, 1), (1, 0)])
def test_a_field_named_twice_is_refused(tmp_path: Path, door: str, one: int, other: int) -> None:
    read, text = DOORS[door]
    names = FIELD.get(door, "birthDate birth_date").split()
    file = tmp_path / "given.json"
    file.write_text(text % (f'"{names[one]}"', f'"{names[other]}"'), "utf-8")
    with pytest.raises(InvalidRequest, match="named twice"):
        read(file)


def test_both_ways_of_writing_are_read() -> None:
    for name in ("finalOn", "final_on"):
        assert read_message({name: "2011-01-01"}, record_pb2.Record()).final_on == "2011-01-01"
    wrongs: list[Any] = [[], None, "x", {"finalOn": 3}, {"no_field": 1}]
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"."):
            read_message(wrong, record_pb2.Record())
