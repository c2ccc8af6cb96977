"""Make each agency's facet of each outcome, with the gaps, variants and disagreements of real registers.

Deterministic: a facet depends on the seed and its own row alone, so rows added elsewhere change nothing.
The shares (one in ...) of flaws that merging must handle are in `compose.demo.flaws`; the seed decides them, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Literal

from compose.demo import flaws
from compose.demo.chance import chance, one_in
from compose.demo.judgments import Judgment, judge, needs_an_adult
from compose.demo.outcomes import Row
from compose.demo.people import Person, birth_for, synthetic_person
from compose.demo.places import CourtPlace, case_number, place_of
from federation.law.offences import Intent, catalogue
from federation.v1 import record_pb2 as pb

Agency = Literal["police", "procuratorate", "justice", "state_security"]
Kind = Literal["record", "duplicate", "invalid"]

AS_OF = date(2025, 1, 1)
"""The day on which the demo's registers were written: later events have not happened."""

_STATE_SECURITY_CHAPTER = 1
_INTENT = {Intent.INTENTIONAL: pb.INTENT_INTENTIONAL, Intent.NEGLIGENT: pb.INTENT_NEGLIGENT}


@dataclass(frozen=True)
class FacetPlan:
    """One record to hand to one agency's node, and the flaws added on purpose.

    `kind`: a "record" is to be entered, a "duplicate" is the same record again, and an "invalid" one cannot
    be entered. `marks` name gaps, variants and disagreements, such as "differs:final_on".
    """

    agency: Agency
    record: pb.Record
    case_id: str
    kind: Kind
    marks: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Case:
    """One outcome with the person, the court and the judgment that were made for it."""

    row: Row
    person: Person
    place: CourtPlace
    judgment: Judgment
    number: str
    private_prosecutor: str


def facets(rows: Iterable[Row], seed: int, *, as_of: date = AS_OF) -> Iterator[FacetPlan]:
    """Yield the facets that agencies hold of each row, in the order of the rows."""
    for row in rows:
        case = case_of(row, seed, as_of=as_of)
        for agency in _holders(case, seed):
            yield from _planned(agency, case, seed)


def case_of(row: Row, seed: int, *, as_of: date = AS_OF) -> Case:
    """Return the whole case made from one outcome."""
    draw = chance(seed, "case", row.case_id)
    judgment = judge(row, draw, as_of=as_of)
    place = place_of(row.procuratorate, heavy=row.life or row.death, draw=draw)
    number = case_number(place, judgment.filed, draw)
    private = not row.procuratorate and one_in(draw, 30)
    person = _person_of(row, judgment, seed)
    other = synthetic_person(seed, f"prosecutor of {row.case_id}", date(1980, 1, 1)).name if private else ""
    return Case(row, person, place, judgment, number, other)


def _person_of(row: Row, judgment: Judgment, seed: int) -> Person:
    """Return the convicted person: a new one, or one of two persons of the same area who reappear."""
    draw = chance(seed, "who", row.case_id)
    conduct = judgment.conduct_from or judgment.filed - timedelta(days=200)
    if one_in(draw, 14):
        digits = "".join(c for c in row.case_id if c in "0123456789")[-12:]
        key = f"again-{int(digits or 0) // 60}-{draw.randrange(2)}"
        who = chance(seed, "again", key)
        born = date(who.randint(1965, 1988), who.randint(1, 12), who.randint(1, 28))
        if 18 <= conduct.year - born.year - 1 < 70:
            return synthetic_person(seed, key, born)
    born = birth_for(conduct, row.offences, adult=needs_an_adult(row), draw=draw)
    return synthetic_person(seed, row.case_id, born)


def _holders(case: Case, seed: int) -> list[Agency]:
    """Return the holders: police and procuratorate always, justice where it executes, state security of a few cases."""
    draw = chance(seed, "holders", case.row.case_id)
    secret = any(_chapter(name) == _STATE_SECURITY_CHAPTER for name in case.row.offences)
    holders: list[Agency] = ["state_security" if secret else "police", "procuratorate"]
    if case.judgment.custodial:
        holders.append("justice")
    if not secret and one_in(draw, 150):
        holders.append("state_security")
    return holders


def _planned(agency: Agency, case: Case, seed: int) -> Iterator[FacetPlan]:
    draw = chance(seed, "facet", case.row.case_id, agency)
    record = full_record(case)
    flaws.not_ours(record, agency)
    if case.row.problems or case.judgment.contradictory:
        marks = flaws.unreadable(record, case.row)
        yield FacetPlan(agency, record, case.row.case_id, "invalid", marks)
        return
    marks = flaws.written_differently(record, agency, draw) | flaws.disagreeing(record, agency, draw)
    lost = flaws.gaps(record, draw)
    marks = lost | {mark for mark in marks if mark.replace("differs:", "gap:") not in lost}
    broken = flaws.broken(record, draw)
    yield FacetPlan(agency, record, case.row.case_id, "invalid" if broken else "record", marks | broken)
    if not broken and one_in(draw, flaws.DUPLICATE):
        yield FacetPlan(agency, record, case.row.case_id, "duplicate", marks)


def full_record(case: Case) -> pb.Record:
    """Return all that the four agencies know together; fields that none knows are explicitly unknown (R13)."""
    row, judgment, person = case.row, case.judgment, case.person
    record = pb.Record(
        record_class=pb.RECORD_CLASS_CRIMINAL,
        person=_person(person, judgment),
        court=pb.Court(name=case.place.court),
        judgment_number=pb.JudgmentNumber(original=case.number),
        pronounced_on=judgment.pronounced.isoformat(),
        served_on=judgment.served.isoformat(),
        final_on=judgment.final.isoformat(),
        verdict=pb.VERDICT_GUILTY_EXEMPT
        if judgment.penalty.kind == pb.PENALTY_KIND_EXEMPT
        else pb.VERDICT_GUILTY,
        combined_penalty=judgment.penalty,
        supplementary_penalties=judgment.supplementary,
        execution=judgment.execution,
        instrument=pb.Instrument(
            kind=pb.INSTRUMENT_KIND_JUDGMENT,
            reference=case.number,
            issuer=case.place.court,
            issued_on=judgment.pronounced.isoformat(),
        ),
    )
    for place, name in enumerate(row.offences):
        record.offences.append(_offence(place, name, case))
    _age_findings(record, person, judgment)
    if row.procuratorate:
        record.prosecuting_party.procuratorate = row.procuratorate
    elif case.private_prosecutor:
        record.prosecuting_party.private_prosecutor = case.private_prosecutor
    else:
        flaws.forget(record, "prosecuting_party", pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
    if not judgment.execution:
        flaws.forget(record, "execution", pb.UNKNOWN_REASON_NOT_YET_OCCURRED)
    return record


def _person(person: Person, judgment: Judgment) -> pb.Person:
    return pb.Person(
        identifiers=[person.identifiers(pb.VERIFICATION_VERIFIED)],
        names=[pb.Name(kind=pb.NAME_KIND_REGISTERED, text=person.name)],
        sex=pb.SEX_MALE if person.male else pb.SEX_FEMALE,
        birth_date=person.born.isoformat(),
        household_division=person.division,
        household_as_of=judgment.pronounced.isoformat(),
    )


def _offence(place: int, name: str, case: Case) -> pb.Offence:
    row, judgment = case.row, case.judgment
    judged = name if name.endswith("罪") else f"{name}罪"
    offence = pb.Offence(
        name=judged,
        article=row.articles[place] if len(row.articles) == len(row.offences) else "",
        intent=_INTENT.get(_known(judged)[1], pb.INTENT_UNSPECIFIED),
    )
    if judgment.conduct_from and judgment.conduct_to:
        offence.conduct_from = judgment.conduct_from.isoformat()
        offence.conduct_to = judgment.conduct_to.isoformat()
    if judgment.per_offence:
        offence.penalty.CopyFrom(judgment.per_offence[place])
    return offence


def _age_findings(record: pb.Record, person: Person, judgment: Judgment) -> None:
    """Add the court's findings on age, where the date of the conduct does not determine the age (A11)."""
    if judgment.conduct_from is None:
        for place in range(len(record.offences)):
            for end in ("conduct_from", "conduct_to"):
                flaws.forget(record, f"offences[{place}].{end}", pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
        if judgment.filed - person.born > timedelta(days=21 * 366):
            record.court_age_finding = pb.COURT_AGE_FINDING_ADULT
    elif judgment.conduct_to and judgment.conduct_from != judgment.conduct_to:
        birthday_year = person.born.year + 18
        if judgment.conduct_from.year <= birthday_year <= judgment.conduct_to.year:
            choices = (pb.MAIN_ACTS_YES, pb.MAIN_ACTS_NO, pb.MAIN_ACTS_UNDETERMINED)
            record.main_acts_before_18 = choices[int(person.number[-2]) % 3]


def _chapter(name: str) -> int | None:
    return _known(name if name.endswith("罪") else f"{name}罪")[0]


@cache
def _known(name: str) -> tuple[int | None, Intent]:
    offence = catalogue().find(name)
    return offence.chapter, offence.intent
