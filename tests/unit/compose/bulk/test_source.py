"""A line that gives a key twice is set aside: a person and the program could read two different records."""

from __future__ import annotations

from pathlib import Path

from compose.bulk.source import open_source


def test_a_line_with_a_key_twice_is_set_aside_and_the_next_is_read(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text(
        '{"final_on": "2011-01-01", "final_on": "2025-01-01"}\n'
        '{"person": {"birth_date": "1990-01-01", "birth_date": "2010-01-01"}}\n'
        '{"final_on": "2011-01-01"}\n',
        "utf-8",
    )
    first, second, third = open_source(file, None).items()
    for twice in (first, second):
        assert twice.record is None
        assert [(each.field, each.rule) for each in twice.faults] == [("line", "FORMAT")]
        assert "twice" in twice.faults[0].message
    assert third.record is not None
    assert third.record.final_on == "2011-01-01"
