"""Read a map from TOML; a wrong one is an error that names key and line. docs/import.md explains the file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, TypeVar

from compose.bulk.cells import Cell, as_date, as_number, as_penalty, as_text
from compose.bulk.mapping import Column, Format, TableMap
from compose.bulk.paths import Path, constant, enum_value, may_be_unknown, parse_path
from compose.bulk.toml_lines import line_of
from federation.errors import FieldViolation, InvalidRequest
from federation.v1 import record_pb2 as pb

_TOP = ("format", "provenance", "columns", "constants", "unknown", "ignore")
_FORMAT = ("encoding", "delimiter", "sheet", "header_row")
_COLUMN = ("to", "values", "empty", "with", "split")
_ENCODINGS = ("utf-8", "gb18030")
#: May be a year or a month alone.
_PARTIAL = "person.birth_date"
_MOST_BYTES = 1024 * 1024
T = TypeVar("T")


def load_map(file: FilePath) -> TableMap:
    """Read a map; raises `InvalidRequest` with everything that is wrong, each with its key and line."""
    if file.stat().st_size > _MOST_BYTES:
        raise InvalidRequest.of(str(file), "MAP", f"is over {_MOST_BYTES} bytes: not a map")
    try:
        text = file.read_text("utf-8-sig")
        said = tomllib.loads(text)
    except UnicodeDecodeError:
        raise InvalidRequest.of(str(file), "MAP", "is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest.of(str(file), "MAP", f"is not TOML: {error}") from None
    return _Reading(text, said).map()


class _Reading:
    """Reads one map and gathers what is wrong with it."""

    def __init__(self, text: str, said: Mapping[str, Any]) -> None:
        self._text = text
        self._said = said
        self._faults: list[FieldViolation] = []

    def map(self) -> TableMap:
        self._known(self._said, _TOP)
        made = TableMap(
            format=self._format(),
            columns=tuple(self._columns()),
            constants=tuple(self._paths(("constants",), self._table("constants"))) + self._provenance(),
            unknown=tuple(self._unknown()),
            ignore=frozenset(self._names()),
        )
        if not made.columns:
            self._fault('maps no column: add [columns."..."] tables', "columns")
        if self._faults:
            raise InvalidRequest(self._faults)
        return made

    def _fault(self, message: str, *keys: str) -> None:
        where = ".".join(f'"{k}"' if "." in k else k for k in keys)
        line = line_of(self._text, *keys) if keys else 1
        self._faults.append(FieldViolation(f"map line {line}, {where}", "MAP", message))

    def _known(self, table: Mapping[str, Any], known: Sequence[str], *keys: str) -> None:
        for key in table:
            if key not in known:
                self._fault(f"is no key of a map; there are {', '.join(known)}", *keys, key)

    def _table(self, name: str) -> Mapping[str, Any]:
        said = self._said.get(name, {})
        if not isinstance(said, dict):
            self._fault("is a table", name)
            return {}
        return said

    def _format(self) -> Format:
        said = self._table("format")
        self._known(said, _FORMAT, "format")
        for key, kind in (("encoding", str), ("delimiter", str), ("sheet", str), ("header_row", int)):
            if type(said.get(key, kind())) is not kind:
                self._fault(f"takes a {kind.__name__}", "format", key)
                return Format()
        made = Format(**{key: said[key] for key in _FORMAT if key in said})
        if made.encoding not in ("", *_ENCODINGS):
            self._fault(f"is one of {', '.join(_ENCODINGS)}; left out, it is found out", "format", "encoding")
        if len(made.delimiter) != 1 or made.delimiter in '"\n\r\0':
            self._fault("is one character", "format", "delimiter")
        if not 1 <= made.header_row <= 100:
            self._fault("is a row from 1 to 100", "format", "header_row")
        return made

    def _columns(self) -> list[Column]:
        made = []
        for name, said in self._table("columns").items():
            keys = ("columns", name)
            if not isinstance(said, dict):
                self._fault("is a table with `to`", *keys)
                continue
            self._known(said, _COLUMN, *keys)
            column = self._column(name, said)
            if column is not None:
                made.append(column)
        return made

    def _column(self, name: str, said: Mapping[str, Any]) -> Column | None:
        keys, to = ("columns", name), said.get("to")
        targets = [to] if isinstance(to, str) else to
        if not isinstance(targets, list) or not targets or not all(isinstance(t, str) for t in targets):
            self._fault("say where the column goes: a field, or a list of fields", *keys, "to")
            return None
        paths = [p for p in (self._path(target, *keys, "to") for target in targets) if p is not None]
        values, split = said.get("values", {}), said.get("split", "")
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            self._fault("is a table of what a cell says and what it means", *keys, "values")
            return None
        if not isinstance(split, str) or (
            split and any(p.text.count("[") != 1 or "[*]" in p.text for p in paths)
        ):
            self._fault(
                "is text between the parts of a cell that fill a list, such as offences[0].name",
                *keys,
                "split",
            )
            return None
        if len(paths) != len(targets):
            return None
        convert = self._converter(paths, values, keys)
        along = said.get("with", {})
        return Column(
            name=name,
            to=tuple(paths),
            convert=convert,
            empty=self._empty(said.get("empty"), paths, keys),
            along=tuple(self._paths((*keys, "with"), along if isinstance(along, dict) else {})),
            split=split,
        )

    def _empty(self, said: Any, paths: Sequence[Path], keys: tuple[str, ...]) -> int:
        if said is None:
            return 0
        if not any(path.mandatory for path in paths):
            self._fault(
                "only a mandatory field that may be unknown has a reason when it is empty (R13)",
                *keys,
                "empty",
            )
        return self._reason(said, *keys, "empty")

    def _reason(self, said: Any, *keys: str) -> int:
        value = pb.UnknownReason.DESCRIPTOR.values_by_name.get(f"UNKNOWN_REASON_{said}")
        if value is None or not value.number:
            known = [v.name.removeprefix("UNKNOWN_REASON_") for v in pb.UnknownReason.DESCRIPTOR.values]
            self._fault(f"{said!r} is none of {', '.join(known[1:])}"[:400], *keys)
            return 0
        return int(value.number)

    def _path(self, text: str, *keys: str) -> Path | None:
        try:
            return parse_path(text)
        except ValueError as error:
            self._fault(f"{text[:60]}: {error}", *keys)
            return None

    def _paths(self, keys: tuple[str, ...], said: Mapping[str, Any]) -> list[tuple[Path, Any]]:
        made = []
        for target, value in said.items():
            path = self._path(target, *keys, target)
            if path is None:
                continue
            try:
                made.append((path, constant(path, value)))
            except ValueError as error:
                self._fault(str(error), *keys, target)
        return made

    def _converter(
        self, paths: Sequence[Path], values: Mapping[str, str], keys: tuple[str, ...]
    ) -> Callable[[Cell], Any]:
        """Return what turns a cell of this column into a value: it follows from the field, and from `values`."""
        first = paths[0].field
        kinds = {(p.field.type, p.field.message_type, p.field.enum_type) if p.field else None for p in paths}
        if len(kinds) > 1:
            self._fault("its fields are of different kinds: map a copy of the column", *keys, "to")
        if first is not None and first.message_type is not None:
            if first.message_type.name != "Penalty":
                self._fault("is a part with fields of its own: name one of them", *keys, "to")
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
            return as_number
        if first is not None and _is_date(first.name):
            partial = any(path.text == _PARTIAL for path in paths)
            return lambda cell: as_date(cell, partial=partial)
        return as_text

    def _provenance(self) -> tuple[tuple[Path, Any], ...]:
        """`provenance = "paper"`: the entries rest on paper (R63)."""
        said = self._said.get("provenance")
        if said is None:
            return ()
        if said != "paper":
            self._fault('is "paper", or left out: then map instrument.kind', "provenance")
        return ((parse_path("instrument.kind"), pb.INSTRUMENT_KIND_PAPER),)

    def _unknown(self) -> list[tuple[str, int]]:
        made = []
        for name, reason in self._table("unknown").items():
            if may_be_unknown(name) != name:
                self._fault("is no mandatory field that may be unknown (R13)", "unknown", name)
            made.append((name, self._reason(reason, "unknown", name)))
        return made

    def _names(self) -> list[str]:
        said = self._said.get("ignore", [])
        if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
            self._fault("is a list of columns that are left out", "ignore")
            return []
        return said


def _one_of(text: str, known: Mapping[str, T]) -> T:
    try:
        return known[text]
    except KeyError:
        raise ValueError(f"{text[:40]!r} is none of {', '.join(known)}"[:400]) from None


def _is_date(name: str) -> bool:
    return name in ("on", "birth_date", "conduct_from", "conduct_to") or name.endswith(("_on", "_as_of"))
