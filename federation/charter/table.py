"""Reading of the charter's TOML: each table knows its position, so that every error names file and field."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, TypeVar

from federation.errors import CharterUnusable

FORMAT = 1
T = TypeVar("T")


class TomlTable:
    """One TOML table with its position, which every error names."""

    def __init__(self, file: str, where: str, content: Mapping[str, Any]) -> None:
        self.file, self.where, self.content = file, where, content

    @classmethod
    def read(cls, files: Mapping[str, bytes], path: str) -> TomlTable:
        """Return the whole file at `path`; raises `CharterUnusable`."""
        if path not in files:
            raise CharterUnusable(f"the charter has no {path}", reason="CHARTER_INCOMPLETE")
        try:
            table = cls(path, "", tomllib.loads(files[path].decode()))
        except ValueError as error:  # covers TOMLDecodeError and UnicodeDecodeError
            raise CharterUnusable(f"{path} is not TOML: {error}", reason="CHARTER_INVALID") from error
        if table.take("format", int) != FORMAT:
            raise table.wrong("format", f"must be {FORMAT}")
        return table

    def take(self, name: str, kind: type[T], default: T | None = None) -> T:
        """Return the value of that name and kind; raises `CharterUnusable` naming file and field."""
        value = self.content.get(name, default)
        if not isinstance(value, kind):
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
        return [(key, TomlTable(self.file, f"{name}.{key}", value)) for key, value in values.items()]

    def rows(self, name: str) -> list[TomlTable]:
        """Return the tables of an array, empty when it is not given."""
        values = self.take(name, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise self.wrong(name, "must be an array of tables")
        return [TomlTable(self.file, f"{self.where}{name}[{i}]", value) for i, value in enumerate(values)]

    def wrong(self, name: str, why: str) -> CharterUnusable:
        """Return the error that says what is wrong with a field."""
        return unusable(self.file, f"{self.where}.{name}".lstrip("."), why)


def unusable(file: str, field: str, why: str) -> CharterUnusable:
    """Return the error that names file and field."""
    return CharterUnusable(f"{file}: {field}: {why}", reason="CHARTER_INVALID", file=file, field=field)
