"""Read one cell of a table: a text, a day in any of the forms that tables use, a number, offences."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time

from compose.bulk.chinese import BEFORE_YUAN, NUMBER, YUAN, length, number, plain
from compose.bulk.dates import read_date, read_serial
from federation.law.offences import NameKind, catalogue
from federation.values.characters import insist_characters, todays
from federation.values.no_value import no_value, says_nothing

#: A cell of a table: always text in CSV; in XLSX also a number, date or truth value.
Cell = str | int | float | bool | date | datetime | None

#: The number of a day, as a spreadsheet writes it to CSV where the column is not formatted as a date.
_SERIAL = re.compile(r"[0-9]{5}(?:\.0+)?")
#: How workbooks write characters that XML cannot hold.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_YUAN = re.compile(rf"{BEFORE_YUAN}({NUMBER})(?:{YUAN})?")
_DAYS = re.compile(rf"({NUMBER})[日天]?")
#: Where one offence ends and the next begins, in a cell that should name one.
_BETWEEN_OFFENCES = re.compile("(?<=罪)[、,，;；和及与 ]*")
#: As judgments join several: 盗窃、诈骗罪.
_BETWEEN_SHORT = re.compile("[、,，;；和及与 ]+")


class Since1904(float):
    """A number in a workbook that counts its days from 1 January 1904, as those of early Macintoshes do."""


class Unescaped(str):
    """A text whose escapes of a workbook (_x000D_) have been read already."""


class DayInPart(str):
    """The year, or the year and month, that a cell of a workbook shows of the day that it holds: 1990 or 1990-05."""


def unescaped(text: str) -> str:
    """Return a text with the escapes of a workbook read: _x000D_ is a carriage return, _x005F_ a low line."""
    if "_x" not in text or isinstance(text, Unescaped):
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def as_text(cell: Cell) -> str:
    """Return a cell as the text that a person sees in it; raises `ValueError` if it has none, or none that is a value.

    Characters that GB 18030-2000 kept in private use are in their places of today, and escapes are read.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, date | DayInPart):
        raise ValueError(
            f"holds the day {cell} where a text belongs: format the column as text and type it again"
        )
    if isinstance(cell, float) and not math.isfinite(cell):
        raise ValueError(f"is {cell}, which is no value: leave the cell empty")
    if isinstance(cell, int | float):
        # A spreadsheet keeps fifteen digits: a longer number has lost its last ones.
        if abs(cell) >= 10**15:
            raise ValueError("is kept as a number that has lost its last digits: format the column as text")
        return str(int(cell)) if float(cell).is_integer() else str(cell)
    text = todays(unescaped(cell)).strip()
    insist_characters(text)
    if text.startswith("'"):
        raise ValueError(
            f"{text[:40]!r} begins with the apostrophe by which spreadsheets mark text: take it out"
        )
    if fault := no_value(text):
        raise ValueError(fault)
    return text


def as_words(cell: Cell) -> str:
    """Return the name of a person, organ or document in a cell; raises `ValueError` for what is no text at all."""
    if isinstance(cell, bool):
        raise ValueError(f"holds {str(cell).upper()} where a text belongs: format the column as text")
    text = as_text(cell)
    if fault := says_nothing(text):
        raise ValueError(fault)
    return text


def as_date(cell: Cell, *, partial: bool = False) -> str:
    """Return the ISO date that a cell means, by `read_date` for text; raises `ValueError`.

    A cell may also hold a date, or a spreadsheet's number of a day (41000). With `partial`, a year or a month alone is
    accepted, too; in a number cell only a year, because 2011.1 may have been 2011.10.
    """
    if isinstance(cell, datetime):
        if cell.time() != time.min or cell.tzinfo is not None:
            raise ValueError(
                f"{cell} has a time of day, which may be another day elsewhere: give the day alone"
            )
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        whole = as_text(cell)
        return (
            read_date(whole, partial=partial)
            if len(whole) in (4, 8) and whole.isdigit()
            else read_serial(cell, since_1904=isinstance(cell, Since1904))
        )
    if isinstance(cell, DayInPart):
        return read_date(cell, partial=partial)
    text = as_text(cell)
    return read_serial(float(text)) if _SERIAL.fullmatch(text) else read_date(text, partial=partial)


def as_number(cell: Cell) -> int:
    """Return the whole number in a cell, held as a number or written as text; raises `ValueError`."""
    if isinstance(cell, float) and not cell.is_integer():
        raise ValueError(f"{cell} is no whole number")
    return number(plain(as_text(cell)))


def as_amount(cell: Cell) -> int:
    """Return the yuan in a cell: a number, also with 人民币 or ¥ before and 元整 after it; raises `ValueError`."""
    return _number_in(_YUAN, cell)


def as_months(cell: Cell) -> int:
    """Return the months in a cell: a number of them, or a length such as 三年六个月; raises `ValueError`."""
    text = plain(as_text(cell))
    if not re.search("[年月日天]", text):
        return as_number(cell)
    months, days = length(text)
    if days:
        raise ValueError(f"{text[:30]!r} has days beside the months: map the column to the whole penalty")
    return months


def as_days(cell: Cell) -> int:
    """Return the days in a cell: a number, also with 日 or 天 after it; raises `ValueError`."""
    return _number_in(_DAYS, cell)


def _number_in(form: re.Pattern[str], cell: Cell) -> int:
    match = form.fullmatch(plain(as_text(cell)))
    return as_number(cell if match is None or not isinstance(cell, str) else match[1])


def offence_names(text: str, mark: str) -> list[str]:
    """Return the offences in a cell that lists several, divided by `mark`; raises `ValueError` where it is unclear.

    Many names contain the mark themselves (伪造公司、企业、事业单位、人民团体印章罪): parts that together form the
    name of an offence stay together, the longest name first. A part that is not in the catalogue, or is a short name
    of the law of 1979 such as 走私, is accepted only if it ends in 罪. A semicolon always divides.
    """
    if "；" in text or ";" in text:
        return [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]
    parts = [part.strip() for part in text.split(mark) if part.strip()]
    names, at = list[str](), 0
    while at < len(parts):
        joined = [(mark.join(parts[at:end]), end) for end in range(len(parts), at, -1)]
        known = [(name, end) for name, end in joined if _is_name(name)]
        whole = len(parts) == 1 or parts[at].endswith("罪")
        if not known and not whole:
            raise ValueError(
                f"{parts[at][:30]!r} is no offence: write a semicolon where one ends and the next begins"
            )
        name, at = known[0] if known else (parts[at], at + 1)
        names.append(name)
    return names


def one_offence(cell: Cell) -> str:
    """Return the one offence that a cell names; raises `ValueError` for several, which a column with `split` holds."""
    text = as_words(cell)
    if _is_name(text):
        return text
    for between in (_BETWEEN_OFFENCES, _BETWEEN_SHORT):
        several = [part for part in between.split(text) if part]
        if len(several) > 1 and all(_is_name(part) for part in several):
            raise ValueError(f"names {len(several)} offences: give the column `split` in the map")
    return text


def _is_name(text: str) -> bool:
    """Say whether the catalogue has the name; one of 1979 without 罪 may be the beginning of another name."""
    found = catalogue().find(text)
    return found.kind is not NameKind.UNKNOWN and (text.endswith("罪") or "1979" not in (found.article or ""))
