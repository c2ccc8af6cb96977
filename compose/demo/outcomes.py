"""Judgment outcomes from a CSV file of the known form, with its errors: each line is a row."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from compose.bulk.cells import as_date, as_number
from federation.errors import FieldViolation, InvalidRequest

COLUMNS = (
    "case_id",
    "first_date_in_facts",
    "procuratorate",
    "offences",
    "articles",
    "imprisonment_months",
    "life_imprisonment",
    "death_penalty",
    "fine_yuan",
)
SUPPLIED = Path(__file__).parent / "data" / "judgment_outcomes.csv"
_LONGEST_CELL = 300
_FLAGS = {"": False, "0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}


@dataclass(frozen=True)
class Problem:
    """A cell that cannot be read: its column and a sentence."""

    column: str
    says: str


@dataclass(frozen=True)
class Row:
    """One line of the file. `problems` describes, for people, the cells that cannot be read."""

    line: int
    case_id: str
    first_date: date | None = None
    procuratorate: str = ""
    offences: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    months: int = 0
    life: bool = False
    death: bool = False
    fine_yuan: int = 0
    problems: tuple[Problem, ...] = ()


def read_outcomes(path: Path) -> Iterator[Row]:
    """Yield the rows of `path` in order; raises `InvalidRequest` when a column or the file is missing.

    UTF-8 with or without a byte-order mark, UTF-16 with one, and GB 18030 are understood. A line that cannot
    be read is a row with its problems, and blank lines are none. A row without a case_id is named
    by its line. No cell of this form spans lines, so a quote that is never closed spoils its own line only.
    """
    try:
        with path.open(encoding=_encoding(path), errors="replace") as text:
            header: dict[str, int] | None = None
            for number, line in enumerate(text, start=1):
                if not line.strip(" \t\r\n,\ufeff"):
                    continue
                if header is None:
                    header = _header(_cells(line))
                else:
                    yield _row(line, header, number)
    except OSError as error:
        raise InvalidRequest.of("outcomes", "readable_file", f"{path}: {error.strerror}") from None
    except csv.Error as error:
        raise InvalidRequest.of("outcomes", "csv", f"{path}: the header is no CSV: {error}") from None
    if header is None:
        _header([])


def _cells(line: str) -> list[str]:
    """Return the cells of one line; raises `csv.Error`."""
    return next(csv.reader([line], strict=True))


def _encoding(path: Path) -> str:
    with path.open("rb") as raw:
        start = raw.read(1 << 16)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8-sig")().decode(start)
    except UnicodeDecodeError as error:
        try:  # one bad byte far into a UTF-8 file does not make it Chinese
            codecs.getincrementaldecoder("gb18030")().decode(start)
        except UnicodeDecodeError:
            return "utf-8-sig"
        return "gb18030" if not any(b > 127 for b in start[: error.start]) else "utf-8-sig"
    return "utf-8-sig"


def _header(cells: list[str]) -> dict[str, int]:
    places = {cell.strip().lower(): place for place, cell in reversed(list(enumerate(cells)))}
    missing = [column for column in COLUMNS if column not in places]
    if missing:
        raise InvalidRequest(
            [FieldViolation(column, "column_present", "the file has no such column") for column in missing]
        )
    return {column: places[column] for column in COLUMNS}


def _row(text: str, header: dict[str, int], line: int) -> Row:
    try:
        cells = _cells(text)
    except csv.Error as error:
        return Row(
            line=line, case_id=f"line-{line}", problems=(Problem("offences", f"the line is no CSV: {error}"),)
        )
    problems: list[Problem] = []
    if len(cells) <= max(header.values()):
        says = f"the line has {len(cells)} cells, {max(header.values()) + 1} are expected"
        problems.append(Problem("offences", says))
    cell = {c: cells[p].strip() if p < len(cells) else "" for c, p in header.items()}
    for column, text in cell.items():
        if len(text) > _LONGEST_CELL:
            problems.append(Problem(column, f"has {len(text)} characters"))
            cell[column] = text[:60]
        elif "\ufffd" in text or not text.isprintable():
            problems.append(Problem(column, "has characters that are no text"))
            cell[column] = "".join(c for c in text if c != "\ufffd" and c.isprintable())
    offences = tuple(name.strip() for name in cell["offences"].split("|") if name.strip())
    if not offences:
        problems.append(Problem("offences", "no offence is named"))
    return Row(
        line=line,
        case_id=cell["case_id"] or f"line-{line}",
        first_date=_date(cell["first_date_in_facts"], problems),
        procuratorate=cell["procuratorate"],
        offences=offences,
        articles=tuple(a.strip() for a in cell["articles"].split("|") if a.strip()),
        months=_number("imprisonment_months", cell["imprisonment_months"], problems, most=2**31),
        life=_flag(cell, "life_imprisonment", problems),
        death=_flag(cell, "death_penalty", problems),
        fine_yuan=_number("fine_yuan", cell["fine_yuan"] or "0", problems, most=10**12),
        problems=tuple(problems),
    )


def _date(text: str, problems: list[Problem]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(as_date(text))
        if 1900 <= day.year <= 2100:
            return day
    except ValueError:
        pass
    problems.append(Problem("first_date_in_facts", f"{text[:40]!r} is no day of the calendar"))
    return None


def _number(column: str, text: str, problems: list[Problem], *, most: int) -> int:
    try:
        number = as_number(text)
        if number <= most:
            return number
    except ValueError:
        pass
    problems.append(Problem(column, f"{text[:40]!r} is no whole number of a possible size"))
    return 0


def _flag(cell: dict[str, str], column: str, problems: list[Problem]) -> bool:
    flag = _FLAGS.get(cell[column].lower())
    if flag is None:
        problems.append(Problem(column, f"{cell[column][:40]!r} is neither 0 nor 1"))
    return bool(flag)
