"""Reading of the charter's TOML: each table knows its position, so that every error names file, line and field."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, TypeVar

from federation.errors import CharterUnusable
from federation.values.toml_lines import line_of

FORMAT = 1
T = TypeVar("T")


class TomlTable:
    """One TOML table with its position, which every error names."""

    def __init__(self, file: str, text: str, path: tuple[str | int, ...], content: Mapping[str, Any]) -> None:
        """Take a table at `path` of the file called `file`, whose whole text is `text`."""
        self.file, self.text, self.path, self.content = file, text, path, content

    @classmethod
    def read(cls, files: Mapping[str, bytes], path: str) -> TomlTable:
        """Return the whole file at `path`; raises `CharterUnusable`."""
        if path not in files:
            raise CharterUnusable(f"the charter has no {path}", reason="CHARTER_INCOMPLETE")
        try:
            text = files[path].decode()
            table = cls(path, text, (), tomllib.loads(text))
        except (ValueError, RecursionError) as error:  # covers TOMLDecodeError and UnicodeDecodeError
            raise CharterUnusable(f"{path} is not TOML: {error}", reason="CHARTER_INVALID") from error
        if table.take("format", int) != FORMAT:
            raise table.wrong("format", f"must be {FORMAT}")
        return table

    def take(self, name: str, kind: type[T], default: T | None = None) -> T:
        """Return the value of that name and kind; raises `CharterUnusable` naming file, line and field."""
        value = self.content.get(name, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(name, f"must be a {kind.__name__}")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of strings, empty when it is not given."""
        values = self.take(name, list, [])
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(name, "must be a list of strings")
        return values

    def tables(self, name: str) -> list[tuple[str, TomlTable]]:
        """Return the tables inside a table, each with its key."""
        values = self.take(name, dict)
        if not all(isinstance(value, dict) for value in values.values()):
            raise self.wrong(name, "must hold tables")
        return [(key, self._inner(value, name, key)) for key, value in values.items()]

    def rows(self, name: str) -> list[TomlTable]:
        """Return the tables of an array, empty when it is not given."""
        values = self.take(name, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise self.wrong(name, "must be an array of tables")
        return [self._inner(value, name, place) for place, value in enumerate(values)]

    def wrong(self, name: str, why: str) -> CharterUnusable:
        """Return the error that says what is wrong with a field, which may be one of a table inside ("a.b")."""
        path = (*self.path, *name.split("."))
        return CharterUnusable(
            f"{self.file} line {line_of(self.text, *path)}: {_field(path)}: {why}",
            reason="CHARTER_INVALID",
            file=self.file,
            field=_field(path),
        )

    def _inner(self, content: Mapping[str, Any], *path: str | int) -> TomlTable:
        return TomlTable(self.file, self.text, (*self.path, *path), content)


def _field(path: tuple[str | int, ...]) -> str:
    """Return a path as people write it: installations[0].keys[1].roles."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
