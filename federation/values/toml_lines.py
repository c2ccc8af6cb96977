"""Find the line of a key in a TOML file, for error messages: people mend lines, not paths."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

_KEY = re.compile(
    r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*="""
)
#: Lines of the longest value that is followed to its end.
_MOST_LINES = 2000


def line_of(text: str, *keys: str | int) -> int:
    """Return the line of the nested key `keys`, or of the innermost of them that has a line; 1 if none has.

    A number among `keys` is a place in an array of tables, counted from 0.
    """
    best, best_line = 0, 1
    for number, here in _places(text):
        common = len(here) if keys[: len(here)] == here else 0
        if common > best:
            best, best_line = common, number
    return best_line


def _places(text: str) -> Iterator[tuple[int, tuple[str | int, ...]]]:
    """Yield the line of each table and each key of a table, with its path."""
    lines, number = text.splitlines(), 0
    table: tuple[str | int, ...] = ()
    last: dict[tuple[str | int, ...], int] = {}
    while number < len(lines):
        line = lines[number]
        number += 1
        header = line.split("#")[0].strip()
        if header.startswith("[") and header.endswith("]") and (names := _names(f"{header}\n")):
            table = _table(names, last, of_array=header.startswith("[["))
            yield number, table
        elif match := _KEY.match(line):
            yield number, (*table, *_names(f"{match[1]} = 0\n"))
            number += _further_lines(lines, number - 1)


def _table(
    names: tuple[str, ...], last: dict[tuple[str | int, ...], int], *, of_array: bool
) -> tuple[str | int, ...]:
    """Return the path that a header opens; `last` is the newest place of each array of tables so far."""
    path: tuple[str | int, ...] = ()
    for depth, name in enumerate(names, start=1):
        path = (*path, name)
        if of_array and depth == len(names):
            last[path] = last.get(path, -1) + 1
        if path in last:
            path = (*path, last[path])
    return path


def _further_lines(lines: list[str], first: int) -> int:
    """Return over how many more lines the value of the key in line `first` goes: those hold no keys of the table."""
    for end in range(first + 1, min(len(lines), first + _MOST_LINES) + 1):
        try:
            tomllib.loads("\n".join(lines[first:end]) + "\n")
        except tomllib.TOMLDecodeError:
            continue
        return end - first - 1
    return 0


def _names(text: str) -> tuple[str, ...]:
    """Return the nested keys of a TOML document with a single key, or nothing if it is none."""
    try:
        value: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return ()
    keys: list[str] = []
    while isinstance(value, dict) and len(value) == 1:
        ((key, value),) = value.items()
        keys.append(key)
    return tuple(keys)
