"""The line of a key is found in whatever form a person has written the file."""

from __future__ import annotations

import pytest

from federation.values.toml_lines import line_of

FILE = '''# a comment
format = 1
list = [
  ["first"],
  ["second"]
]
after = "list"
text = """
[not.a.table]
inside = 1
"""

[members.police]  # with a remark
title = "公安"

[members."a.b"]
"quoted key" = 1
dotted.key = 2

[[rows]]
name = "first"
[[rows.keys]]
role = "a"
[[rows.keys]]
role = "b"

[[rows]]
name = "second"
[[rows.keys]]
role = "c"
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("format",), 2),
        (("list",), 3),
        (("after",), 7),
        (("text",), 8),
        (("members", "police", "title"), 14),
        (("members", "police", "absent"), 13),
        (("members", "a.b", "quoted key"), 17),
        (("members", "a.b", "dotted", "key"), 18),
        (("rows", 0, "name"), 21),
        (("rows", 0, "keys", 1, "role"), 25),
        (("rows", 1), 27),
        (("rows", 1, "name"), 28),
        (("rows", 1, "keys", 0, "role"), 30),
        (("rows", 1, "keys", 5), 27),
        (("nowhere",), 1),
        (("not", "a", "table", "inside"), 1),
    ],
)
def test_the_line_of_a_key_is_that_of_the_innermost_part_that_is_there(
    keys: tuple[str | int, ...], line: int
) -> None:
    assert line_of(FILE, *keys) == line
