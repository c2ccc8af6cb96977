"""Read JSON lines strictly: one object a line, faults reported by field, and no bad line stops the next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO, Final

from federation.values.json_text import RepeatedKey, parse_json

LONGEST_LINE: Final = 1 << 20
"""Bytes; a longer line is refused without being kept."""

_BOM: Final = b"\xef\xbb\xbf"


class BadLine(ValueError):
    """A line cannot be used; `field` is the path of the fault, or "line" when the line itself is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = _short(field, 200)
        self.message = message


def read_lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield each line without its end and a leading byte-order mark; None for one that is too long."""
    first = True
    while line := stream.readline(LONGEST_LINE + 1):
        if first:
            line, first = line.removeprefix(_BOM), False
        if len(line) <= LONGEST_LINE or line.endswith(b"\n"):
            yield line.removesuffix(b"\n")
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(LONGEST_LINE)
        yield None


def parse_line(line: bytes | None) -> object:
    """Return the JSON value of one line; raises `BadLine` for anything but strict JSON in UTF-8."""
    if line is None:
        raise BadLine("line", f"longer than {LONGEST_LINE} bytes")
    if not line.strip():
        raise BadLine("line", "blank: write one JSON object a line")
    try:
        value: object = parse_json(line)
    except RepeatedKey as error:
        raise BadLine(
            error.key.encode("utf-8", "replace").decode(), "is named twice: leave one of them"
        ) from None
    except UnicodeDecodeError:
        raise BadLine("line", "not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadLine("line", f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except ValueError as error:
        raise BadLine("line", str(error)) from None
    return value


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
