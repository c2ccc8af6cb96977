"""Read a map from TOML; an error names the key and the line. docs/import.md explains the file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, TypeVar

from compose.bulk.cells import (
    Cell,
    as_amount,
    as_date,
    as_days,
    as_months,
    as_number,
    as_text,
    as_words,
    one_offence,
)
from compose.bulk.map_form import ColumnForm, MapForm, fault, read_form
from compose.bulk.mapping import Column, TableMap
from compose.bulk.paths import MAY_BE_UNKNOWN, Path, constant, enum_value, may_be_unknown, parse_path
from compose.bulk.sentences import as_penalty, as_sentence
from federation.errors import FieldViolation, InvalidRequest
from federation.v1 import record_pb2 as pb
from federation.values.characters import half_width
from federation.values.divisions import read_division

#: May be a year or a month alone.
_PARTIAL = "person.birth_date"
_MOST_BYTES = 1024 * 1024
#: Name of a field -> the reader of its numbers, where they may have a unit.
_NUMBERS = {"amount_yuan": as_amount, "months": as_months, "probation_months": as_months, "days": as_days}
T = TypeVar("T")


def load_map(file: FilePath) -> TableMap:
    """Read a map; raises `InvalidRequest` with every fault, each with its key and line."""
    if file.stat().st_size > _MOST_BYTES:
        raise InvalidRequest.of(str(file), "MAP", f"is over {_MOST_BYTES} bytes: not a map")
    try:
        text = file.read_text("utf-8-sig")
        content = tomllib.loads(text)
    except UnicodeDecodeError:
        raise InvalidRequest.of(str(file), "MAP", "is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest.of(str(file), "MAP", f"is not TOML: {error}") from None
    return _MapMaker(text, read_form(text, content)).map()


class _MapMaker:
    """Makes a map from its TOML form, and gathers everything that does not fit the fields of a record."""

    def __init__(self, text: str, form: MapForm) -> None:
        self._text = text
        self._form = form
        self._faults: list[FieldViolation] = []

    def map(self) -> TableMap:
        form = self._form
        columns = [self._column(name, column_form) for name, column_form in form.columns.items()]
        made = TableMap(
            format=form.format,
            columns=tuple(column for column in columns if column is not None),
            constants=(*self._paths(("constants",), form.constants), *self._provenance()),
            unknown=tuple(self._unknown()),
            ignore=frozenset(form.ignore),
            follow=form.follow,
        )
        if not made.columns:
            self._fault('maps no column: add [columns."..."] tables', "columns")
        if self._faults:
            raise InvalidRequest(self._faults)
        return made

    def _fault(self, message: str, *keys: str) -> None:
        self._faults.append(fault(self._text, message, *keys))

    def _column(self, name: str, form: ColumnForm) -> Column | None:
        keys = ("columns", name)
        paths = [p for p in (self._path(target, *keys, "to") for target in form.to) if p is not None]
        if form.split and any(p.text.count("[") != 1 or "[*]" in p.text for p in paths):
            self._fault(
                "is text between the parts of a cell that fill a list, such as offences[0].name",
                *keys,
                "split",
            )
            return None
        if len(paths) != len(form.to):
            return None
        return Column(
            name=name,
            to=tuple(paths),
            convert=self._converter(paths, form.values, keys, split=bool(form.split)),
            empty=self._empty(form.empty, paths, keys),
            along=tuple(self._paths((*keys, "with"), form.along)),
            split=form.split,
            nothing=frozenset(half_width(word).strip() for word in self._form.empty_words) - {*form.values},
            days=any(path.field is not None and _is_date(path.field.name) for path in paths),
        )

    def _empty(self, reason: str | None, paths: Sequence[Path], keys: tuple[str, ...]) -> int:
        if reason is None:
            return 0
        if not any(path.mandatory for path in paths):
            self._fault(
                f"only a mandatory field that may be unknown has a reason when it is empty (R13): {MAY_BE_UNKNOWN}",
                *keys,
                "empty",
            )
        return self._reason(reason, *keys, "empty")

    def _reason(self, reason: str, *keys: str) -> int:
        value = pb.UnknownReason.DESCRIPTOR.values_by_name.get(f"UNKNOWN_REASON_{reason}")
        if value is None or not value.number:
            known = [v.name.removeprefix("UNKNOWN_REASON_") for v in pb.UnknownReason.DESCRIPTOR.values]
            self._fault(f"{reason!r} is none of {', '.join(known[1:])}"[:400], *keys)
            return 0
        return int(value.number)

    def _path(self, text: str, *keys: str) -> Path | None:
        try:
            return parse_path(text)
        except ValueError as error:
            self._fault(f"{text[:60]}: {error}", *keys)
            return None

    def _paths(self, keys: tuple[str, ...], targets: Mapping[str, Any]) -> list[tuple[Path, Any]]:
        made = []
        for target, value in targets.items():
            path = self._path(target, *keys, target)
            if path is None:
                continue
            try:
                made.append((path, constant(path, value)))
            except ValueError as error:
                self._fault(str(error), *keys, target)
        return made

    def _converter(
        self, paths: Sequence[Path], values: Mapping[str, str], keys: tuple[str, ...], *, split: bool
    ) -> Callable[[Cell], Any]:
        """Return the function from a cell of this column to a value, by the type of the field and by `values`."""
        first = paths[0].field
        kinds = {(p.field.type, p.field.message_type, p.field.enum_type) if p.field else None for p in paths}
        if len(kinds) > 1:
            self._fault("its fields are of different kinds: map a copy of the column", *keys, "to")
        if first is not None and first.message_type is not None:
            if first.message_type.name != "Penalty":
                self._fault("is a part with fields of its own: name one of them", *keys, "to")
            if any(path.text == "combined_penalty" for path in paths):
                return lambda cell: as_sentence(as_text(cell))
            return lambda cell: as_penalty(as_text(cell))
        if first is not None and first.enum_type is not None:
            known = dict[str, int]()
            for written, meant in values.items():
                try:
                    known[written.strip()] = enum_value(paths[0], meant)
                except ValueError as error:
                    self._fault(str(error), *keys, "values", written)
            if not values:
                return lambda cell: enum_value(paths[0], as_text(cell))
            return lambda cell: _one_of(as_text(cell), known)
        if values:
            return lambda cell: _one_of(as_text(cell), values)
        if first is not None and first.cpp_type == first.CPPTYPE_BOOL:
            self._fault("give `values`, or set it with `with`: a cell has no truth of its own", *keys, "to")
        if first is not None and first.cpp_type not in (first.CPPTYPE_STRING, first.CPPTYPE_BOOL):
            return _NUMBERS.get(first.name, as_number)
        if first is not None and _is_date(first.name):
            partial = any(path.text == _PARTIAL for path in paths)
            return lambda cell: as_date(cell, partial=partial)
        if first is not None and first.name == "household_division":
            return lambda cell: read_division(as_text(cell))
        if first is not None and paths[0].text.startswith("offences[") and first.name == "name":
            return as_words if split else one_offence
        return as_text if first is None else as_words

    def _provenance(self) -> tuple[tuple[Path, Any], ...]:
        """Return the constants for `provenance = "paper"`: the source of the entries is paper (R63)."""
        if self._form.provenance is None:
            return ()
        return ((parse_path("instrument.kind"), pb.INSTRUMENT_KIND_PAPER),)

    def _unknown(self) -> list[tuple[str, int]]:
        made = []
        for name, reason in self._form.unknown.items():
            if may_be_unknown(name) != name:
                self._fault(
                    f"is no mandatory field that may be unknown (R13): {MAY_BE_UNKNOWN}", "unknown", name
                )
            made.append((name, self._reason(reason, "unknown", name)))
        return made


def _one_of(text: str, known: Mapping[str, T]) -> T:
    try:
        return known[text]
    except KeyError:
        raise ValueError(f"{text[:40]!r} is none of {', '.join(known)}"[:400]) from None


def _is_date(name: str) -> bool:
    return name in ("on", "birth_date", "conduct_from", "conduct_to") or name.endswith(("_on", "_as_of"))
