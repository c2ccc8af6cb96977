"""JSON lines read strictly: one object a line, every fault named by its field, and no line stops the next."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final, NoReturn

LONGEST_LINE: Final = 1 << 20
"""Bytes; a longer line is refused without being kept."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_BOM: Final = b"\xef\xbb\xbf"


class BadLine(ValueError):
    """A line cannot be used; `field` is the path of what is wrong, or "line" when it is the line itself."""

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
    """Return the JSON value of one line; raises `BadLine` for whatever is not strict JSON in UTF-8."""
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


class Form:
    """An object with known keys, read field by field; every fault raises `BadLine` with the field's path."""

    def __init__(self, value: object, known: Sequence[str], path: str = "") -> None:
        if not isinstance(value, dict):
            raise BadLine(path or "line", f"must be an object, not {_kind(value)}")
        self._value: Mapping[str, object] = value
        self._path = path
        for key in value:
            if key not in known:
                self.refuse(key, f"unknown key; known are {', '.join(known)}")

    def at(self, name: str) -> str:
        """Return the path of field `name`."""
        return f"{self._path}.{name}" if self._path else name

    def refuse(self, name: str, message: str) -> NoReturn:
        """Raise the fault of field `name`."""
        raise BadLine(self.at(name), message)

    def has(self, name: str) -> bool:
        """Say whether the key is there, whatever its value."""
        return name in self._value

    def given(self, name: str) -> object:
        """Return the value of a key that has to be there; null is a value."""
        if name not in self._value:
            self.refuse(name, "missing")
        return self._value[name]

    def text(self, name: str) -> str:
        """Return a string that has to be there and hold something."""
        value = self.given(name)
        if not isinstance(value, str):
            self.refuse(name, f"must be a string, not {_kind(value)}")
        if not value.strip():
            self.refuse(name, "empty")
        return value

    def choice(self, name: str, among: Sequence[str]) -> str:
        """Return one of the words `among`."""
        value = self.text(name)
        if value not in among:
            self.refuse(name, f"{_short(value, 60)!r} is not one of {', '.join(among)}")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self.given(name)
        if not isinstance(value, bool):
            self.refuse(name, f"must be true or false, not {_kind(value)}")
        return value

    def whole(self, name: str, most: int) -> int:
        """Return a whole number from 0 to `most`."""
        value = self.given(name)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(name, f"must be a whole number, not {_kind(value)}")
        if value < 0:
            self.refuse(name, "must not be negative")
        if value > most:
            self.refuse(name, f"must be {most} at most")
        return value

    def items(self, name: str, most: int) -> Sequence[object]:
        """Return a list of 1 to `most` items."""
        value = self.given(name)
        if not isinstance(value, list):
            self.refuse(name, f"must be a list, not {_kind(value)}")
        if not value:
            self.refuse(name, "empty: at least one is needed")
        if len(value) > most:
            self.refuse(name, f"more than {most}")
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


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a fraction", str: "a string", list: "a list"}
    return names.get(type(value), "an object")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
