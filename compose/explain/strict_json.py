"""Read JSON lines strictly: one object a line, faults reported by field, and no bad line stops the next."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NoReturn

LONGEST_LINE: Final = 1 << 20
"""Bytes; a longer line is refused without being kept."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
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
        text = line.decode("utf-8")
        value: object = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except BadLine:
        raise
    except UnicodeDecodeError:
        raise BadLine("line", "not UTF-8") from None
    except UnicodeEncodeError:
        raise BadLine("line", "holds half a surrogate pair, which is no character") from None
    except RecursionError:
        raise BadLine("line", "nested too deeply") from None
    except json.JSONDecodeError as error:
        raise BadLine("line", f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except ValueError:
        raise BadLine("line", "holds a number with too many digits") from None
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise BadLine(key.encode("utf-8", "replace").decode(), "the key is there twice")
        found[key] = value
    return found


def _constant(name: str) -> NoReturn:
    raise BadLine("line", f"{name} is not JSON")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
