"""Read a sentence in a judgment's words: its principal penalty, the supplementary ones, and what is no penalty."""

from __future__ import annotations

import re
from dataclasses import dataclass

from compose.bulk.chinese import BEFORE_YUAN, LENGTH, MONTHS, NUMBER, YUAN, length, number, plain
from federation.v1 import record_pb2 as pb

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
_SUSPENDED = re.compile(rf"[,;(]?(?:宣告)?缓刑(?:考验期限?)?为?({MONTHS})[)]?")
_AMOUNT = rf"{BEFORE_YUAN}({NUMBER}){YUAN}"
_FINE = re.compile(rf"罚金计?{_AMOUNT}")
_RIGHTS = re.compile(rf"剥夺政治权利(终身|{MONTHS})")
_CONFISCATION = re.compile(
    rf"没收(?:其)?(?:个人)?(?:全部|部分)?(?:个人)?(?:全部|部分)?财产(?:(?:计|价值)?{_AMOUNT})?"
)
_DEPORTATION = re.compile("驱逐出境")
_BETWEEN = re.compile(r"[,;、。]?(?:并处以?|单处|附加|处以?|和|及|并|同时)?")
#: What judgments write before the penalty that is served, several having been joined (刑法 69).
_DECIDED = re.compile("(?:数罪并罚,?)?(?:总和刑期[^,;]*[,;])?(?:(?:合并|决定|判处|执行|对其|,)*)")
#: Notes beside a penalty that are none: whether and when money is paid, and from when to when a term runs. A note that
#: changes the penalty is not read over, nor is one on the execution of anything but money.
_NO_PENALTY = "(?!罚金人民币|剥夺|没收|驱逐|徒刑|拘役|死刑|并处|[减免改撤]|变更)"
_PAID = "缴纳|交纳|缴清|交清|缴付|缴足|预缴"
_WHEN = "(?:均|全部|限|已|未|尚未|应|于|在|自)"
_PAYMENT = re.compile(
    rf"[,;。]?\((?:(?:上述)?(?:罚金|款项|财产){_WHEN}(?:{_NO_PENALTY}[^()])*(?:{_PAID}|履行|执行)"
    rf"|{_WHEN}(?:{_NO_PENALTY}[^()])*(?:{_PAID}))(?:完毕|到位)?[。.]?\)"
    rf"|(?<=[元整正财产币])[,;。]?\({_WHEN}(?:{_NO_PENALTY}[^()])*(?:履行|执行)(?:完毕|到位)?[。.]?\)"
)
_RUNS = re.compile(
    rf"[,;。]?\((?:刑期|缓刑考验期限?|管制的?刑?期限?)[,]?[自从](?:{_NO_PENALTY}[^()])*(?:止|计算)[。.]?\)"
)


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
            if not match[1]:
                raise ValueError("names 剥夺政治权利 without its length: add it, as 剥夺政治权利一年")
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
