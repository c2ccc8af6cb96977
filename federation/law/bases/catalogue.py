"""Strict reading of the catalogue of statutory bases: an invalid row is refused, naming the row and the fault."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from federation.law.bases.row import Basis
from federation.law.predicate import Predicate, read_predicate
from federation.law.predicate_related import read_related
from federation.values.terms import RecordClass
from federation.values.toml_lines import line_of

DEFAULT: Final = Path(__file__).parents[2] / "data" / "bases"

_NOT_IN_FILES = {"id", "above", "opened_by", "opened_because"}
_LISTS = ("askers", "includes_classes", "opens_seal")
_TEXTS = frozenset(f.name for f in fields(Basis) if f.type == "str") - {"id"}
_DATES = ("checked_on", "in_force_from", "in_force_to")
_REQUIRED = ("law", "rank", "purpose", "summary", "askers", "checked", "checked_on")


def load_bases(path: Path = DEFAULT) -> Mapping[str, Basis]:
    """Return the rows of a catalogue, a folder of files or one file, by id.

    Raises `ValueError` naming file, row, and field or word, if a row is invalid.
    """
    written: dict[str, Mapping[str, Any]] = {}
    written_in: dict[str, tuple[Path, str]] = {}
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise ValueError(f"{path}: there is no catalogue of bases")
    rows: dict[str, Basis] = {}
    for file in files:
        try:
            text = file.read_text("utf-8")
            content = tomllib.loads(text)
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from None
        for id, row in content.items():
            with _naming(file, text, id):
                if id in written:
                    raise ValueError(f"basis {id}: another row has this id")
            written[id], written_in[id] = row, (file, text)
    for id, row in written.items():
        with _naming(*written_in[id], id):
            rows[id] = _basis(id, row, written)
    for id, basis in rows.items():
        with _naming(*written_in[id], id):
            rows[id] = replace(basis, above=_above(basis, rows)) if basis.under else basis
    return rows


@contextmanager
def _naming(file: Path, text: str, id: str) -> Iterator[None]:
    """Put file and line before the error of a row: the line of the field with which the error begins, or of the row."""
    try:
        yield
    except ValueError as error:
        field = (
            str(error).removeprefix(f"basis {id}: ").removeprefix("unknown field ").split(" ")[0].rstrip(":")
        )
        raise ValueError(f"{file} line {line_of(text, id, field)}: {error}") from None


def _basis(id: str, row: object, written: Mapping[str, Any]) -> Basis:
    try:
        if not isinstance(row, dict):
            raise ValueError("is not a table of fields")
        missing = [name for name in _REQUIRED if name not in row]
        unknown = row.keys() - {f.name for f in fields(Basis)} | row.keys() & _NOT_IN_FILES
        if row.get("opens_seal"):
            raise ValueError("opens_seal: two officers open a seal in the charter, never a file (A10)")
        if missing or unknown:
            raise ValueError(f"missing {', '.join(missing)}" if missing else f"unknown field {min(unknown)}")
        values: dict[str, Any] = {name: _value(name, row[name]) for name in row}
        return Basis(id=id, **(values | _same(row, written)))
    except ValueError as error:
        message = str(error)
        raise ValueError(message if message.startswith("basis ") else f"basis {id}: {message}") from None


def _value(name: str, value: object) -> Any:
    if name in _TEXTS and not isinstance(value, str):
        raise ValueError(f"{name} must be a text")
    if name in _DATES and (not isinstance(value, date) or isinstance(value, datetime)):
        raise ValueError(f"{name} must be a date such as 2024-07-01, not {value!r}")
    if name == "askable" and not isinstance(value, bool):
        raise ValueError("askable must be true or false")
    if name in (*_LISTS, "opened_by"):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValueError(f"{name} must be a list of texts")
        if name == "includes_classes":
            return frozenset(_record_class(name, item) for item in value)
        return tuple(value) if name == "opened_by" else frozenset(value)
    if name == "beside":
        if not isinstance(value, dict):
            raise ValueError("beside must be a table of predicates by record class")
        return {_record_class(name, each): read_related(alternatives) for each, alternatives in value.items()}
    return read_predicate(value) if name == "predicate" else value


def _record_class(name: str, text: str) -> RecordClass:
    try:
        return RecordClass(text)
    except ValueError:
        known = ", ".join(RecordClass)
        raise ValueError(f"{name} names {text!r}, which is no class of record: {known}") from None


def _same(row: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Predicate]:
    """Return the predicate of the row that `same_as` names; that row must have its own predicate."""
    if "same_as" not in row:
        if "predicate" not in row:
            raise ValueError("missing predicate, or same_as")
        return {}
    other = written.get(row["same_as"])
    if "predicate" in row or other is None or "predicate" not in other:
        raise ValueError(f"same_as {row['same_as']!r} must name a row with a predicate, in its place")
    return {"predicate": read_predicate(other["predicate"])}


def _above(basis: Basis, rows: Mapping[str, Basis]) -> Basis:
    above = rows.get(basis.under)
    if above is None or above.rank == "department_rule" or not above.askable:
        raise ValueError(f"basis {basis.id}: under {basis.under!r} must name a row that supports questions")
    if not basis.includes_classes <= above.includes_classes:
        raise ValueError(f"basis {basis.id}: includes_classes go beyond those of {basis.under}")
    return above
