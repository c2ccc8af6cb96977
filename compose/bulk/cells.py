"""Read one cell of a table: a text, a day in any of the forms that tables use, a penalty in a judgment's words."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time

from compose.bulk.chinese import NUMBER, length, number, plain
from compose.bulk.dates import read_date, read_serial
from federation.law.offences import NameKind, catalogue
from federation.v1 import record_pb2 as pb

#: A cell of a table: always text in CSV; in XLSX also a number, date or truth value.
Cell = str | int | float | bool | date | datetime | None

#: The number of a day, as a spreadsheet writes it to CSV where the column is not formatted as a date.
_SERIAL = re.compile(r"[0-9]{5}(?:\.0+)?")
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
_TERM = re.compile(
    rf"(管制|拘役|有期徒刑)((?:{NUMBER}年半?)?[零又]?(?:{NUMBER}个?月)?[零又]?(?:{NUMBER}[日天])?)"
)
_BEFORE_CONTROL = frozenset({pb.PENALTY_KIND_CRIMINAL_DETENTION, pb.PENALTY_KIND_FIXED_TERM})
_FURTHER = re.compile(
    rf"[,;、。]?(?:并处|并执行|合并执行|并|和|及)?管制((?:{NUMBER}年半?)?[零又]?(?:{NUMBER}个?月)?[零又]?(?:{NUMBER}[日天])?)"
)
#: 刑法 50 and 383, which come with suspended death.
_LIMITED = re.compile("[,;、。]?(?:并)?(?:对其)?限制减刑")
_WITHOUT_RELEASE = re.compile(
    "[,;、。]?(?:在其?)?(?:死刑缓期(?:[二2两]年)?执行(?:[二2两]年)?期满)?(?:依法)?(?:减为无期徒刑后)?[,]?终身监禁(?:[,]?不得减刑[、,]?假释)?"
)
_SUSPENDED = re.compile(
    rf"[,;(]?(?:宣告)?缓刑(?:考验期限?)?为?((?:{NUMBER}年半?)?[零又]?(?:{NUMBER}个?月)?)[)]?"
)
_AMOUNT = rf"(?:人民币)?({NUMBER})元(?:人民币)?整?"
_FINE = re.compile(rf"罚金计?{_AMOUNT}")
_RIGHTS = re.compile(rf"剥夺政治权利(终身|(?:{NUMBER}年半?)?(?:{NUMBER}个?月)?)")
_CONFISCATION = re.compile(
    rf"没收(?:其)?(?:个人)?(?:全部|部分)?(?:个人)?(?:全部|部分)?财产(?:(?:计|价值)?{_AMOUNT})?"
)
_DEPORTATION = re.compile("驱逐出境")
_BETWEEN = re.compile(r"[,;、。]?(?:并处以?|单处|附加|处以?|和|及|并|同时)?")
#: What judgments write before the penalty that is served, several having been joined (刑法 69).
_DECIDED = re.compile("(?:数罪并罚,?)?(?:总和刑期[^,;]*[,;])?(?:(?:合并|决定|判处|执行|对其|,)*)")
#: Notes beside a penalty that are none: whether and when money is paid, and from when to when a term runs.
_NO_PENALTY = "(?!罚金人民币|剥夺|没收|驱逐|徒刑|拘役|死刑|并处)"
_PAYMENT = re.compile(
    rf"[,;。]?\((?:上述)?(?:罚金|款项|财产)?(?:均|全部|限|已|未|尚未|应|于|在|自)(?:{_NO_PENALTY}[^()])*"
    r"(?:缴纳|交纳|缴清|交清|缴付|缴足|预缴|履行|执行)(?:完毕|到位)?[。.]?\)"
)
_RUNS = re.compile(
    rf"[,;。]?\((?:刑期|缓刑考验期限?|管制的?刑?期限?)[,]?[自从](?:{_NO_PENALTY}[^()])*(?:止|计算)[。.]?\)"
)


def as_text(cell: Cell) -> str:
    """Return a cell as the text that a person sees in it; raises `ValueError` if it has none."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == cell.time().min else cell.isoformat()
    if isinstance(cell, float) and not math.isfinite(cell):
        raise ValueError(f"is {cell}, which is no value: leave the cell empty")
    if isinstance(cell, float) and cell.is_integer():
        # A spreadsheet keeps fifteen digits: a longer number has lost its last ones.
        if abs(cell) >= 10**15:
            raise ValueError("is kept as a number that has lost its last digits: format the column as text")
        return str(int(cell))
    if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= 10**15:
        raise ValueError("is kept as a number that has lost its last digits: format the column as text")
    return str(cell).strip()


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
            else read_serial(cell)
        )
    text = as_text(cell)
    return read_serial(float(text)) if _SERIAL.fullmatch(text) else read_date(text, partial=partial)


def as_number(cell: Cell) -> int:
    """Return the whole number in a cell, held as a number or written as text; raises `ValueError`."""
    if isinstance(cell, float) and not cell.is_integer():
        raise ValueError(f"{cell} is no whole number")
    return number(plain(as_text(cell)))


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

    有期徒刑三年六个月,缓刑四年,并处罚金人民币五千元 and the like. Notes in brackets on payment and on the days of a
    term are no penalty. Any other text that is not understood is an error.
    """
    rest = _RUNS.sub("", _PAYMENT.sub("", plain(text)))
    rest = rest[_DECIDED.match(rest).end() :]  # type: ignore[union-attr]
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
            one.amount_yuan = number(match[1]) if match[1] else 0
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


def _is_name(text: str) -> bool:
    """Say whether the catalogue has the name; one of 1979 without 罪 may be the beginning of another name."""
    found = catalogue().find(text)
    return found.kind is not NameKind.UNKNOWN and (text.endswith("罪") or "1979" not in (found.article or ""))
