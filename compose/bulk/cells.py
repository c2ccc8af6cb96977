"""Read one cell of a table: a text, a day in any of the forms that tables use, a penalty in a judgment's words."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time

from compose.bulk.chinese import LENGTH, MONTHS, NUMBER, length, number, plain
from compose.bulk.dates import read_date, read_serial
from federation.law.offences import NameKind, catalogue
from federation.v1 import record_pb2 as pb
from federation.values.characters import insist_characters, todays
from federation.values.no_value import no_value, says_nothing

#: A cell of a table: always text in CSV; in XLSX also a number, date or truth value.
Cell = str | int | float | bool | date | datetime | None

#: The number of a day, as a spreadsheet writes it to CSV where the column is not formatted as a date.
_SERIAL = re.compile(r"[0-9]{5}(?:\.0+)?")
#: How workbooks write characters that XML cannot hold.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_KINDS = {
    "管制": pb.PENALTY_KIND_CONTROL,
    "拘役": pb.PENALTY_KIND_CRIMINAL_DETENTION,
    "有期徒刑": pb.PENALTY_KIND_FIXED_TERM,
}
_WITHOUT_LENGTH = [
    (re.compile("免[予于]刑事处[罚分]"), pb.PENALTY_KIND_EXEMPT),
    (re.compile("无期徒刑"), pb.PENALTY_KIND_LIFE),
    (re.compile("死刑[,;(]?缓期(?:二|2|两)年执行[)]?"), pb.PENALTY_KIND_DEATH_SUSPENDED),
    (re.compile("死刑(?:[,]?立即执行)?"), pb.PENALTY_KIND_DEATH),
]
_TERM = re.compile(rf"(管制|拘役|有期徒刑)({LENGTH})")
_BEFORE_CONTROL = frozenset({pb.PENALTY_KIND_CRIMINAL_DETENTION, pb.PENALTY_KIND_FIXED_TERM})
_FURTHER = re.compile(rf"[,;、。]?(?:并处|并执行|合并执行|并|和|及)?管制({LENGTH})")
#: 刑法 50 and 383, which come with suspended death.
_LIMITED = re.compile("[,;、。]?(?:并)?(?:对其)?限制减刑")
_WITHOUT_RELEASE = re.compile(
    "[,;、。]?(?:在其?)?(?:死刑缓期(?:[二2两]年)?执行(?:[二2两]年)?期满)?(?:依法)?(?:减为无期徒刑后)?[,]?终身监禁(?:[,]?不得减刑[、,]?假释)?"
)
_SUSPENDED = re.compile(rf"[,;(]?(?:宣告)?缓刑({MONTHS})[)]?")
_FINE = re.compile(rf"罚金(?:人民币)?[¥￥]?({NUMBER})元[整正]?")
_YUAN = re.compile(rf"(?:人民币)?[¥￥]?({NUMBER})(?:元[整正]?)?")
_DAYS = re.compile(rf"({NUMBER})[日天]?")
_RIGHTS = re.compile(rf"剥夺政治权利(终身|{MONTHS})")
_CONFISCATION = re.compile("没收(?:其)?(?:个人)?(?:全部|部分)?(?:个人)?财产")
_DEPORTATION = re.compile("驱逐出境")
#: Where one offence ends and the next begins, in a cell that should name one.
_BETWEEN_OFFENCES = re.compile("(?<=罪)[、,，;；和及与 ]*")
_BETWEEN = re.compile(r"[,;、。]?(?:并处|单处|附加|处|和|及)?")


class Since1904(float):
    """A number in a workbook that counts its days from 1 January 1904, as those of early Macintoshes do."""


def as_text(cell: Cell) -> str:
    """Return a cell as the text that a person sees in it; raises `ValueError` if it has none, or none that is a value.

    Characters that GB 18030-2000 kept in private use are in their places of today, and the escapes of a workbook
    (_x000D_ for a carriage return) are what they stand for.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, date):
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
    text = todays(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), cell)).strip()
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


@dataclass(frozen=True, slots=True)
class Sentence:
    """The penalties of one sentence: `further` is control that is served after a term or detention (刑法 69(2))."""

    principal: pb.Penalty
    supplementary: list[pb.SupplementaryPenalty]
    further: pb.Penalty | None = None


def as_penalty(text: str) -> tuple[pb.Penalty, list[pb.SupplementaryPenalty]]:
    """Return the one principal penalty of an offence, and the supplementary ones; raises `ValueError`."""
    sentence = as_sentence(text)
    if sentence.further is not None:
        raise ValueError("names two principal penalties, which only a combined penalty has (刑法 69)")
    return sentence.principal, sentence.supplementary


def as_sentence(text: str) -> Sentence:
    """Return the penalties of a sentence as it is worded; raises `ValueError`.

    有期徒刑三年六个月,缓刑四年,并处罚金人民币五千元 and the like. Text that is not understood is an error.
    """
    rest = plain(text).removeprefix("判处")
    rest, without_release = _WITHOUT_RELEASE.subn("", rest)
    rest, limited = _LIMITED.subn("", rest)
    penalty, rest = _principal(rest)
    penalty.life_without_release, penalty.reduction_limited = without_release > 0, limited > 0
    further, rest = _further(penalty, rest)
    supplementary, rest = _supplementary(rest)
    if further is None:
        further, rest = _further(penalty, rest)
    if rest.strip(",;。、"):
        raise ValueError(f"{rest[:40]!r} is not a penalty such as 有期徒刑三年六个月,并处罚金五千元")
    if not penalty.kind:
        if not supplementary:
            raise ValueError("names no penalty")
        penalty.kind = pb.PENALTY_KIND_SUPPLEMENTARY_ONLY
    return Sentence(penalty, supplementary, further)


def _principal(rest: str) -> tuple[pb.Penalty, str]:
    """Return the principal penalty at the beginning of `rest`, and the remaining text."""
    term = _TERM.match(rest)
    if term is not None and term[2]:
        months, days = length(term[2])
        penalty, rest = pb.Penalty(kind=_KINDS[term[1]], months=months, days=days), rest[term.end() :]
        suspended = _SUSPENDED.match(rest)
        if suspended is not None and suspended[1]:
            penalty.probation_months = length(suspended[1])[0]
            rest = rest[suspended.end() :]
        return penalty, rest
    for form, kind in _WITHOUT_LENGTH:
        found = form.match(rest)
        if found is not None:
            return pb.Penalty(kind=kind), rest[found.end() :]
    return pb.Penalty(), rest


def _further(principal: pb.Penalty, rest: str) -> tuple[pb.Penalty | None, str]:
    """Return the control that is served after the principal penalty, if it stands at the beginning of `rest`."""
    found = _FURTHER.match(rest)
    if found is None or not found[1] or principal.kind not in _BEFORE_CONTROL:
        return None, rest
    months, days = length(found[1])
    return pb.Penalty(kind=pb.PENALTY_KIND_CONTROL, months=months, days=days), rest[found.end() :]


def _supplementary(rest: str) -> tuple[list[pb.SupplementaryPenalty], str]:
    """Return the supplementary penalties at the beginning of `rest`, and the remaining text."""
    found: list[pb.SupplementaryPenalty] = []
    while True:
        after = rest[_BETWEEN.match(rest).end() :]  # type: ignore[union-attr]
        one = pb.SupplementaryPenalty()
        if match := _FINE.match(after):
            one.kind, one.amount_yuan = pb.SUPPLEMENTARY_KIND_FINE, number(match[1])
        elif match := _RIGHTS.match(after):
            one.kind = pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS
            one.for_life = match[1] == "终身"
            one.months = 0 if one.for_life else length(match[1])[0]
        elif match := _CONFISCATION.match(after):
            one.kind = pb.SUPPLEMENTARY_KIND_CONFISCATION
        elif match := _DEPORTATION.match(after):
            one.kind = pb.SUPPLEMENTARY_KIND_DEPORTATION
        else:
            return found, rest
        found.append(one)
        rest = after[match.end() :]


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
    several = [part for part in _BETWEEN_OFFENCES.split(text) if part]
    if len(several) > 1 and not _is_name(text) and all(_is_name(part) for part in several):
        raise ValueError(f"names {len(several)} offences: give the column `split` in the map")
    return text


def _is_name(text: str) -> bool:
    """Say whether the catalogue has the name; one of 1979 without 罪 may be the beginning of another name."""
    found = catalogue().find(text)
    return found.kind is not NameKind.UNKNOWN and (text.endswith("罪") or "1979" not in (found.article or ""))
