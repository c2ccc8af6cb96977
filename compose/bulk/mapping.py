"""A map from the columns of a table to the fields of a record, and its use on one row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from compose.bulk.cells import Cell, Since1904, Unescaped, as_date, as_text, offence_names, unescaped
from compose.bulk.paths import EVERY, Path
from compose.bulk.rows import repeats
from compose.bulk.sentences import Sentence
from federation.errors import FieldViolation, InvalidRequest
from federation.v1 import record_pb2 as pb
from federation.values.characters import half_width

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)
_ENCODINGS = ("utf-8", "gb18030")


class Format(BaseModel):
    """How the file is to be read."""

    model_config = STRICT

    encoding: str = ""
    delimiter: str = ","
    sheet: str = ""
    header_row: int = Field(default=1, ge=1, le=100)
    #: What a person may have put aside in a workbook, and is imported all the same.
    include: list[Literal["hidden", "struck"]] = []

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        if encoding not in ("", *_ENCODINGS):
            raise ValueError(f"is one of {', '.join(_ENCODINGS)}; left out, it is found out")
        return encoding

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, separator: str) -> str:
        if len(separator) != 1 or separator in '"\n\r\0':
            raise ValueError("is one character")
        return separator


class Follow(BaseModel):
    """How a view of another system is followed."""

    model_config = STRICT

    #: Rows among which one is still found that is committed after others with a greater cursor.
    look_back: int = Field(default=1_000, ge=0, le=100_000)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the fields for its value, the meaning of an empty cell, constants set together with a value."""

    name: str
    to: tuple[Path, ...]
    convert: Callable[[Cell], Any]
    empty: int
    along: tuple[tuple[Path, Any], ...]
    split: str
    #: Texts that mean an empty cell, in half width.
    nothing: frozenset[str] = frozenset()
    #: Whether the column holds days, so that a number in it is one that a spreadsheet counts.
    days: bool = False


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What the readable cells of a row mean, the faults of the others, and the fields that those would fill."""

    record: pb.Record
    faults: list[FieldViolation]
    unread: frozenset[str]


@dataclass(frozen=True)
class TableMap:
    """The map of a whole table; makes records of its rows."""

    format: Format
    columns: tuple[Column, ...]
    constants: tuple[tuple[Path, Any], ...]
    unknown: tuple[tuple[str, int], ...]
    ignore: frozenset[str]
    follow: Follow = field(default_factory=Follow)
    lists: tuple[str, ...] = field(
        default=("offences", "execution", "supplementary_penalties", "prohibitions")
    )

    def insist_header(self, header: Sequence[str]) -> None:
        """Raise `InvalidRequest` unless every column of the file is mapped or ignored and no mapped one is missing."""
        named = {column.name for column in self.columns}
        has = ", ".join(header)
        faults = [
            FieldViolation(f"columns.{name}", "MAP", f"the file has no such column; it has {has}"[:400])
            for name in sorted(named - set(header))
        ]
        faults += [
            _heading_fault(name, named)
            for name in header
            if name not in named and not self.leaves_out(name) and repeats(name) not in set(header) - named
        ]
        if len(header) == 1 and (mark := next((m for m in ";\t,|，；" if m in header[0]), "")):
            says = f"is one column: if {mark!r} divides the columns, set it as `delimiter` under [format] in the map"
            faults.insert(0, FieldViolation("header", "HEADER", says))
        if faults:
            raise InvalidRequest(faults)

    def days_in(self, cells: Mapping[str, Cell]) -> dict[str, Cell]:
        """Return the cells with a day for each number that a column of days counts from 1904; others count anew."""
        days = {column.name for column in self.columns if column.days}
        return {name: _counted(cell, name in days) for name, cell in cells.items()}

    def leaves_out(self, name: str) -> bool:
        """Say whether a column of the file is ignored: `ignore` has its heading, or is "*" for all others."""
        heading = name if repeats(name) is None else repeats(name)
        mapped = any(column.name == heading for column in self.columns)
        return not mapped and ("*" in self.ignore or heading in self.ignore)

    def read(self, cells: Mapping[str, Cell], *, but: Collection[str] = ()) -> ReadRow:
        """Return what a row means as far as its cells can be read, without those of the columns `but`."""
        record, faults = pb.Record(), list[FieldViolation]()
        unread = [column for column in self.columns if column.name in but]
        unknown = dict(self.unknown)
        later: list[tuple[Column, Any]] = []
        for path, value in self.constants:
            path.put(record, value)
        for column in self.columns:
            if column.name in but:
                continue
            try:
                content = _value_of(column, cells.get(column.name))
            except (ValueError, OverflowError) as error:
                faults.append(FieldViolation(column.name, "CELL", str(error)))
                unread.append(column)
                continue
            if content is None:
                if column.empty:
                    unknown.update((p.mandatory, column.empty) for p in column.to if p.mandatory)
                continue
            if any(at == EVERY for path in column.to for _, at in path.steps):
                later.append((column, content))
            else:
                _fill(record, column, content)
        for column, content in later:
            _fill(record, column, content)
        self._tidy(record)
        for column in unread:  # so that nothing is said to be missing that stands in the row
            unknown.update((p.mandatory, pb.UNKNOWN_REASON_ILLEGIBLE) for p in column.to if p.mandatory)
        for name, reason in unknown.items():
            for each in _each(name, len(record.offences)):
                record.unknowns.add(field=each, reason=pb.UnknownReason.ValueType(reason))
        paths = (path for column in unread for path in (*column.to, *(along for along, _ in column.along)))
        return ReadRow(record, faults, frozenset(path.text for path in paths))

    def _tidy(self, record: pb.Record) -> None:
        """Remove list items that no cell has filled."""
        for items in (
            record.person.identifiers,
            record.person.names,
            *(getattr(record, n) for n in self.lists),
        ):
            for at in reversed(range(len(items))):
                if not items[at].ByteSize():
                    del items[at]


def _counted(cell: Cell, is_day: bool) -> Cell:
    if not isinstance(cell, Since1904):
        return cell
    if not is_day:
        return int(cell) if cell.is_integer() else float(cell)
    try:
        return date.fromisoformat(as_date(cell))
    except ValueError:  # the reader of the column says what is wrong with it
        return cell


def _heading_fault(name: str, named: Collection[str]) -> FieldViolation:
    """Return what is wrong with a column that is neither mapped nor ignored."""
    heading = repeats(name)
    if heading is None and (seen := _seen(name)) != name and seen in named:
        hidden = next(c for c in name if not c.isprintable())
        says = (
            f"is {seen[:60]!r} with the invisible character U+{ord(hidden):04X} in it: type the heading again"
        )
        return FieldViolation("header", "HEADER", says)
    if heading is None:
        says = 'is not in the map: map it, or list it in `ignore` so that it is left out ("*" for all others)'
        return FieldViolation(f"column {name}", "MAP", says)
    if heading in named:
        return FieldViolation(
            "header", "HEADER", f"names the mapped column {heading[:60]!r} twice: rename one"
        )
    place = name.rpartition("column ")[2].rstrip(")")
    says = 'has no name: give it one, remove the column, or set `ignore = "*"` in the map'
    return FieldViolation(f"column {place}", "HEADER", says)


def _seen(name: str) -> str:
    """Return what a person sees of a heading: without line breaks, and without characters that have no form."""
    return "".join(c for c in name if c.isprintable())


def _each(name: str, offences: int) -> list[str]:
    return [name.replace("[*]", f"[{n}]") for n in range(offences)] if "[*]" in name else [name]


def _value_of(column: Column, cell: Cell) -> Any:
    """Return the value of a cell, a list of values for a column that is split; None for an empty cell."""
    if cell is None:
        return None
    if isinstance(cell, str):
        shown = unescaped(cell).strip()
        if not shown or half_width(shown).strip() in column.nothing:
            return None
    if column.split:
        return [column.convert(part) for part in _parts(column, as_text(cell))]
    return column.convert(cell)


def _parts(column: Column, text: str) -> list[str]:
    if column.to[0].text == "offences[0].name":
        return list(map(Unescaped, offence_names(text, column.split)))
    return [Unescaped(part.strip()) for part in text.split(column.split) if part.strip()]


def _fill(record: pb.Record, column: Column, content: Any) -> None:
    if column.split:
        for number_, one in enumerate(content):
            for path in column.to:
                _at(path, number_).put(record, one)
            for path, value in column.along:
                _at(path, number_).put(record, value)
        return
    principal, supplementary = _penalties(record, content)
    for path in column.to:
        path.put(record, principal)
    record.supplementary_penalties.extend(supplementary)
    for path, value in column.along:
        path.put(record, value)


def _penalties(record: pb.Record, content: Any) -> tuple[Any, list[pb.SupplementaryPenalty]]:
    """Return what belongs to the column's fields, and the supplementary penalties in it; keeps a further penalty."""
    if isinstance(content, Sentence):
        if content.further is not None:
            record.further_penalty.CopyFrom(content.further)
        return content.principal, content.supplementary
    return content if isinstance(content, tuple) else (content, [])


def _at(path: Path, place: int) -> Path:
    """Return the path with its list position moved by `place`: each part of a split cell fills one item."""
    steps = tuple((name, None if at is None else at + place) for name, at in path.steps)
    return Path(path.text, steps, path.field, path.extension)
