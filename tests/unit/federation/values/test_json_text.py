"""JSON that somebody else wrote is read in one way only, or refused."""

import json

import pytest

from federation.values.json_text import MOST_NESTED, RepeatedKey, difference, parse_json


@pytest.mark.parametrize("text", ['{"a": [1, "二", null]}', b'"\\u4e8c"', '"\\ud83d\\ude00"', "[]"])
def test_strict_json_is_read(text: str | bytes) -> None:
    assert parse_json(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"final_on": "2011-01-01", "final_on": "2025-01-01"}', "twice"),
        ("NaN", "no JSON number"),
        ('"\\ud800"', "surrogates"),
        ("{", "Expecting"),
        (b"\xff", "utf-8"),
        ("{}".encode("utf-16"), "utf-8"),
        ("{}".encode("utf-16-le"), "Expecting"),
        ("9" * 5000, "too many digits"),
        ("[" * (MOST_NESTED + 1) + "]" * (MOST_NESTED + 1), "inside each other"),
        ("[" * 100_000, "inside each other"),
        ('{"a":' * 900 + "1" + "}" * 900, "inside each other"),
    ],
)
def test_what_can_be_read_in_two_ways_or_ends_a_program_is_refused(text: str | bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_json(text)


def test_the_deepest_nesting_allowed_is_read() -> None:
    assert parse_json("[" * MOST_NESTED + "]" * MOST_NESTED)


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        ({"a": 1}, {"a": True}, "x.a"),
        ({"a": 1}, {"a": 1.0}, "x.a"),
        ([0], [False], "x[0]"),
        ({"a": 1}, {"a": 1, "b": None}, "x.b"),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1]}}, "x.a.b"),
        ({"a": [1]}, {"a": [1]}, None),
    ],
)
def test_values_of_different_kinds_differ(one: object, other: object, place: str | None) -> None:
    assert difference(one, other, "x") == place


def test_the_key_that_an_object_has_twice_is_named() -> None:
    with pytest.raises(RepeatedKey) as refused:
        parse_json('{"a": 1, "b": {"c": 1, "d": 2, "c": 3}}')
    assert refused.value.key == "c"


def test_bytes_may_begin_with_a_byte_order_mark() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
