"""Is a conviction what a provision asks about (R37)? Yes, no, or a person must decide.

Each row of the catalogue lists alternatives; an alternative is a list of words that must all hold for one and
the same offence. A word that the record leaves open is neither yes nor no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum

from federation import offences
from federation.bases import Basis
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb


class Answer(IntEnum):
    """Ordered so that `min` is "all hold" and `max` is "one holds"."""

    NO = 0
    UNDECIDED = 1
    YES = 2


_ORDER = {
    "control": pb.PENALTY_KIND_CONTROL,
    "detention": pb.PENALTY_KIND_CRIMINAL_DETENTION,
    "fixed_term": pb.PENALTY_KIND_FIXED_TERM,
    "life": pb.PENALTY_KIND_LIFE,
}
_WITH_DEPRIVATION = frozenset({pb.PENALTY_KIND_LIFE, pb.PENALTY_KIND_DEATH_SUSPENDED, pb.PENALTY_KIND_DEATH})


#: Fields whose disagreement can change an answer.
DECISIVE = frozenset({"offences", "combined_penalty", "supplementary_penalties", "verdict"})


def relevant(
    basis: Basis, convictions: Iterable[tuple[query_pb2.MergedConviction, Sequence[pb.Record]]]
) -> Answer:
    """Return whether any conviction is what `basis` asks about, given what each agency says of it.

    Where agencies disagree on a decisive field, each one's word is judged: unless all lead to the same
    answer, a person must decide, for no one's word is silently chosen.
    """
    return max((_settled(basis, merged, said) for merged, said in convictions), default=Answer.NO)


def _settled(basis: Basis, merged: query_pb2.MergedConviction, said: Sequence[pb.Record]) -> Answer:
    answer = judge(basis, merged.record)[0]
    if not any(conflict.field in DECISIVE for conflict in merged.conflicts):
        return answer
    words = {judge(basis, record)[0] for record in said}
    return answer if words <= {answer} else Answer.UNDECIDED


def judge(basis: Basis, record: pb.Record) -> tuple[Answer, list[str]]:
    """Return the answer for one conviction, and the names of the offences for which it is yes."""
    best, names = Answer.NO, []
    for offence in record.offences:
        answer = max(min(_word(word, record, offence) for word in words) for words in basis.predicate)
        best = max(best, answer)
        if answer is Answer.YES:
            names.append(offence.name)
    return best, names


def _word(word: str, record: pb.Record, offence: pb.Offence) -> Answer:
    name, _, argument = word.rstrip(")").partition("(")
    return _WORDS.get(name, _undecided)(record, offence, argument)


def _any_punishment(record: pb.Record, offence: pb.Offence, argument: str) -> Answer:
    """受过刑事处罚: any penalty, which exemption is not."""
    kind = record.combined_penalty.kind
    if not kind:
        return Answer.UNDECIDED
    return Answer.NO if kind == pb.PENALTY_KIND_EXEMPT else Answer.YES


def _intentional(record: pb.Record, offence: pb.Offence, argument: str) -> Answer:
    """故意犯罪: as the record says, else as the offence's name shows."""
    if offence.intent:
        return Answer.YES if offence.intent == pb.INTENT_INTENTIONAL else Answer.NO
    known = offences.catalogue().find(offence.name).intent
    if known is offences.Intent.UNKNOWN:
        return Answer.UNDECIDED
    return Answer.YES if known is offences.Intent.INTENTIONAL else Answer.NO


def _deprived(record: pb.Record, offence: pb.Offence, argument: str) -> Answer:
    """剥夺政治权利: ordered, or following by law from death and life imprisonment (刑法 57)."""
    kinds = {extra.kind for extra in record.supplementary_penalties}
    if pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS in kinds:
        return Answer.YES
    kind = record.combined_penalty.kind
    if not kind:
        return Answer.UNDECIDED
    return Answer.YES if kind in _WITH_DEPRIVATION else Answer.NO


def _at_least(record: pb.Record, offence: pb.Offence, argument: str) -> Answer:
    """The combined principal penalty is `argument` or heavier."""
    kind = record.combined_penalty.kind
    if not kind or argument not in _ORDER:
        return Answer.UNDECIDED
    return Answer.YES if kind >= _ORDER[argument] else Answer.NO


def _offence_in(record: pb.Record, offence: pb.Offence, argument: str) -> Answer:
    """The offence bears the tag, stands in the chapter, or under the article."""
    known = offences.catalogue().find(offence.name)
    if known.kind is offences.NameKind.UNKNOWN:
        return Answer.UNDECIDED
    how, _, what = argument.partition(":")
    if how == "tag":
        if what in offences.catalogue().tags(offence.name, offence.article):
            return Answer.YES
        return Answer.UNDECIDED if what in known.possible_tags else Answer.NO
    if how == "chapter":
        return Answer.YES if str(known.chapter) == what else Answer.NO
    return Answer.YES if known.article == what else Answer.NO


def _undecided(record: pb.Record, offence: pb.Offence, argument: str) -> Answer:
    """A word whose facts this version does not compute: a person decides."""
    return Answer.UNDECIDED


_WORDS: dict[str, Callable[[pb.Record, pb.Offence, str], Answer]] = {
    "any_punishment": _any_punishment,
    "intentional": _intentional,
    "deprived_of_political_rights": _deprived,
    "min_principal_penalty": _at_least,
    "offence_in": _offence_in,
}
