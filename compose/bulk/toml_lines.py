"""Find the line of a key in a TOML file, for error messages."""

from __future__ import annotations

import re
import tomllib
from typing import Any

_KEY = re.compile(
    r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*="""
)


def line_of(text: str, *keys: str) -> int:
    """Return the line of the nested key `keys`, or of the innermost of them that has a line; 1 if none has."""
    table: tuple[str, ...] = ()
    best, best_line = 0, 1
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.split("#")[0].strip() if line.lstrip().startswith("[") else line
        if stripped.startswith("[") and stripped.endswith("]"):
            here = table = _path(f"{stripped}\n") or table
        else:
            match = _KEY.match(line)
            if match is None:
                continue
            here = (*table, *_path(f"{match[1]} = 0\n"))
        common = len(here) if keys[: len(here)] == here else 0
        if common > best:
            best, best_line = common, number
    return best_line


def _path(text: str) -> tuple[str, ...]:
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
