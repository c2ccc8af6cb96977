"""A line that gives a key twice is set aside: a person and the program could read two different records."""

from __future__ import annotations

from pathlib import Path

import pytest

from compose.bulk.map_file import load_map
from compose.bulk.rows import MOST_IN_LINE
from compose.bulk.source import open_source
from tests.support.tables import MAP


def test_a_line_with_a_key_twice_is_set_aside_and_the_next_is_read(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text(
        '{"final_on": "2011-01-01", "final_on": "2025-01-01"}\n'
        '{"person": {"birth_date": "1990-01-01", "birth_date": "2010-01-01"}}\n'
        '{"finalOn": "2011-01-01", "final_on": "2025-01-01"}\n'
        '{"person": {"birthDate": "1990-01-01", "birth_date": "2010-01-01"}}\n'
        '{"offences": [{"name": "盗窃罪"}, {"conductFrom": "2011-01-01", "conduct_from": "2011-01-01"}]}\n'
        '{"extensions": {"cn.example.police/a": "1", "cn.example.police/a": "2"}}\n'
        '{"final_on": "2011-01-01"}\n',
        "utf-8",
    )
    *twice, last = open_source(file, None).items()
    assert len(twice) == 6
    for item in twice:
        assert item.record is None
        assert [(each.field, each.rule) for each in item.faults] == [("line", "FORMAT")]
        assert "named twice" in item.faults[0].message
    assert "offences[1].conduct_from" in twice[4].faults[0].message
    assert last.record is not None
    assert last.record.final_on == "2011-01-01"


def test_characters_of_json_lines_are_in_their_places_of_today(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text(
        '{"person": {"names": [{"kind": "NAME_KIND_REGISTERED", "text": "\\ue81e梅"}]}}\n', "utf-8"
    )
    (item,) = open_source(file, None).items()
    assert item.record is not None
    assert item.record.person.names[0].text == "\u9fb4梅"


def test_a_table_of_json_lines_sets_aside_what_is_named_twice(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text('{"姓名": "张三", "姓名": "李四"}\n{"姓名": "\\ud842"}\n', "utf-8")
    twice, half = open_source(file, load_map(MAP)).items()
    assert "named twice" in twice.faults[0].message
    assert "half a surrogate pair" in half.faults[0].message


@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("length", [MOST_IN_LINE, MOST_IN_LINE + 1, 3 * MOST_IN_LINE])
def test_a_line_of_any_length_is_set_aside_alone(tmp_path: Path, length: int, end: str, mapped: bool) -> None:
    file = tmp_path / "t.jsonl"
    long = '{"姓名": "' + "长" * (length - 10) + '"}'
    assert len(long) == length
    file.write_text(f"{{}}{end}{long}{end}{{}}{end}", "utf-8", newline="")
    before, between, after = open_source(file, load_map(MAP) if mapped else None).items()
    assert (before.number, between.number, after.number) == (1, 2, 3)
    assert before.faults == after.faults
    assert between.record is None
    assert between.faults != before.faults
