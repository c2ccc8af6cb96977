"""Convert the questions of `hutong explain` into values of the rules, and the results into JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from compose.explain.question import Day, PartialDay, QuestionForm, Text, one_of, read
from compose.explain.strict_json import BadLine
from federation.errors import InvalidRequest
from federation.law import sealing
from federation.law.bases import RECORD_CLASSES
from federation.law.punishment import PenaltyFacts, PenaltyKind
from federation.law.readings import CLAUSE, Moments, SealedFrom, not_sealed_yet
from federation.record.classes import CRIMINAL
from federation.record.facts import decide_readings
from federation.v1 import record_pb2
from federation.values import case_number
from federation.values.calendar import DateRange, parse_partial
from federation.values.clock import legal_day, now
from federation.values.identifiers import (
    IdentifierType,
    check_citizen_id,
    normalise_identifier,
)
from federation.values.identity import OrganClass
from federation.values.numbers import births_of
from federation.values.terms import RecordClass, SealRule

if TYPE_CHECKING:
    from federation.law.disclosure import Disclosure

MOST_OFFENCES: Final = 1000
MOST_MONTHS: Final = 1200
#: No rule of sealing covers working records: they never appear in answers (R46).
_SEALED_CLASSES: Final = tuple(name for name in RECORD_CLASSES if name != "working")
#: First day of the 2022 Measures.
PRACTICE_FROM: Final = date(2022, 5, 30)
_FUNCTIONS: Final = (
    "execution",
    "prison",
    "community_correction",
    "lawyer_administration",
    "notary_administration",
)


class _Conduct(QuestionForm):
    name: Text
    first: Day | None = Field(alias="from")
    last: Day | None = Field(alias="to")


class _SealingPenaltyForm(QuestionForm):
    kind: Annotated[PenaltyKind, Field(strict=False)]
    months: Annotated[int, Field(ge=0, le=MOST_MONTHS)] | None = None
    days: Annotated[int, Field(ge=0, le=30)] = 0


class _SealingForm(QuestionForm):
    birth_date: PartialDay | None
    id_number: Text | None = None
    offences: Annotated[list[_Conduct], Field(min_length=1, max_length=MOST_OFFENCES)]
    main_acts_before_18: Annotated[sealing.MainActs, Field(strict=False)] = sealing.MainActs.UNDETERMINED
    penalty: _SealingPenaltyForm | None = None
    profile: Annotated[sealing.Profile, Field(strict=False)] = sealing.Profile.PRACTICE_2022
    court_age_finding: Annotated[sealing.AgeFinding, Field(strict=False)] | None = None
    adulthood_proven: bool = False
    record_class: Annotated[str, one_of(_SEALED_CLASSES)] = Field(default=CRIMINAL, alias="class")
    on: Day | None = None
    sealed_from: Annotated[SealedFrom, Field(strict=False)] | None = None
    decided_on: Day | None = None
    review_ended_on: Day | None = None
    executed_on: Day | None = None


def explain_sealing(value: object) -> dict[str, object]:
    """Return the sealing decision for one question on a record of any class; raises `BadLine`.

    `on` is the day of evaluation, today by default: it selects the rules and profiles (A14). `id_number` is a
    verified citizen number: it gives the birth date where `birth_date` is null or only a year or month, and is a
    second claim where the two contradict each other. `sealed_from` is the reading of 治安管理处罚法 136 by which the
    record's days are judged: before that moment it is WITHHELD.
    """
    asked = read(_SealingForm, value)
    criminal = asked.record_class == CRIMINAL
    if criminal and "penalty" not in asked.model_fields_set:
        raise BadLine("penalty", "missing")
    if asked.penalty is not None and not criminal:
        raise BadLine("penalty", "decides nothing about sealing in this class: leave it out")
    births = _births(asked)
    birth = min(births, key=lambda claim: claim.first, default=None)
    facts = sealing.Facts(
        birth=birth,
        conduct=tuple(
            _conduct(each, f"offences[{number}]", birth) for number, each in enumerate(asked.offences)
        ),
        main_acts=asked.main_acts_before_18,
        penalty=_penalty(asked.penalty),
        court_age_finding=asked.court_age_finding,
        adulthood_proven=asked.adulthood_proven,
    )
    profile: str = asked.profile
    if asked.on is not None and "profile" not in asked.model_fields_set:
        profile = profile_on(asked.on)
    readings = [replace(facts, birth=claim) for claim in births] or [facts]
    decision = decide_readings(asked.record_class, readings, profile=profile, on=asked.on or legal_day(now()))
    if asked.sealed_from is not None:
        decision = _by_reading(asked, asked.sealed_from, decision)
    return {
        "status": decision.status,
        "rule": decision.rule,
        "clause": decision.clause,
        "reason": decision.reason,
        "offences": list(decision.offences),
    }


def _by_reading(asked: _SealingForm, sealed_from: SealedFrom, decision: sealing.Decision) -> sealing.Decision:
    """Return the decision on a public-order record before the moment from which this reading seals it."""
    if asked.record_class != RecordClass.PUBLIC_ORDER:
        raise BadLine("sealed_from", "is for public-order records alone: leave it out")
    moments = Moments(asked.decided_on, asked.review_ended_on, asked.executed_on)
    waits = not_sealed_yet(sealed_from, moments, asked.on or legal_day(now()))
    if decision.rule != SealRule.S3 or not waits:
        return decision
    held = sealing.Status.WITHHELD
    return sealing.Decision(
        held, "S3-NOT-YET", CLAUSE, f"Not given out: {waits}.", tuple(held for _ in decision.offences)
    )


class _Asker(QuestionForm):
    organ_class: Annotated[OrganClass, Field(strict=False, alias="class")]


class _Context(QuestionForm):
    case_number: str | None = None
    subject_of_case: bool | None = None
    basis: str | None = None
    undertaking: bool | None = None
    function: str | None = None
    violation_certificates: bool | None = None


class _Record(QuestionForm):
    record_class: Annotated[str, one_of(RECORD_CLASSES), Field(alias="class")]
    sealed: bool
    #: Which rules seal it, where another rule than that of its class does too: a minor's public-order record.
    sealed_by: Annotated[list[Annotated[SealRule, Field(strict=False)]], Field(min_length=1)] | None = None


class _Disclosure(QuestionForm):
    asker: _Asker
    purpose: Text
    context: _Context | None = None
    record: _Record
    profile: Annotated[sealing.Profile, Field(strict=False)] = sealing.Profile.PRACTICE_2022


def explain_disclosure(value: object, rules: Disclosure) -> dict[str, object]:
    """Return the ruling about one record; raises `BadLine`."""
    from federation.law import disclosure  # imports the policy engine, which other questions do not need

    asked = read(_Disclosure, value)
    if asked.purpose not in disclosure.PURPOSES:
        raise BadLine("purpose", f"is not one of {', '.join(disclosure.PURPOSES)}")
    context = asked.context or _Context()
    function = _or_empty(context.function)
    if function and function not in _FUNCTIONS:
        raise BadLine("context.function", f"is not one of {', '.join(_FUNCTIONS)}")
    if asked.record.sealed_by and not asked.record.sealed:
        raise BadLine(
            "record.sealed_by", "belongs to a sealed record: leave it out, or set record.sealed to true"
        )
    ruling = rules.ruling(
        disclosure.Asker(asked.asker.organ_class),
        asked.purpose,
        disclosure.Context(
            case_number=_or_empty(context.case_number),
            subject_of_case=bool(context.subject_of_case),
            basis=_or_empty(context.basis),
            undertaking=bool(context.undertaking),
            function=function,
            profile=asked.profile,
            violation_certificates=bool(context.violation_certificates),
            record_class=RecordClass(asked.record.record_class),
        ),
        disclosure.RecordFacts(asked.record.record_class, asked.record.sealed),
        sealed_by=frozenset(asked.record.sealed_by or ()),
    )
    return {
        "decision": "permit" if ruling.permitted else "forbid",
        "shown": ruling.shown,
        "policies": [{"id": p.id, "clause": p.clause, "says": p.says} for p in ruling.policies],
    }


class _CaseNumber(QuestionForm):
    text: str


def explain_case_number(value: object) -> dict[str, object]:
    """Return the case number taken apart; raises `BadLine`."""
    asked = read(_CaseNumber, value)
    try:
        number = case_number.parse(asked.text)
    except InvalidRequest as error:
        raise BadLine(error.violations[0].field, error.violations[0].message) from None
    return {
        "canonical": number.canonical,
        "original": number.original,
        "style": number.style,
        "year": number.year,
        "court": number.court,
        "special": number.special,
        "kind": number.kind,
        "number": number.number,
        "sub": number.sub,
    }


def _births(asked: _SealingForm) -> tuple[DateRange, ...]:
    """Return the births that a record with this date and this verified number claims (GB 11643)."""
    if asked.id_number is None:
        return () if asked.birth_date is None else (parse_partial(asked.birth_date),)
    person = record_pb2.Person(birth_date=asked.birth_date or "")
    try:
        number = normalise_identifier(IdentifierType.CITIZEN_ID, asked.id_number)
        check_citizen_id(number, allow_synthetic=True)
    except ValueError as error:
        raise BadLine("id_number", str(error)) from None
    person.identifiers.add(
        type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID,
        number=number,
        verification=record_pb2.VERIFICATION_VERIFIED,
    )
    return births_of(person)


def _conduct(form: _Conduct, path: str, birth: DateRange | None) -> sealing.Conduct:
    first, last = form.first, form.last
    if first and last and last < first:
        raise BadLine(f"{path}.to", f"the conduct ends ({last}) before it begins ({first})")
    for name, day in (("from", first), ("to", last)):
        if birth and day and day < birth.first:
            raise BadLine(f"{path}.{name}", f"the conduct ({day}) lies before the birth ({birth.first})")
    return sealing.Conduct(first, last)


def _penalty(form: _SealingPenaltyForm | None) -> PenaltyFacts | None:
    if form is None:
        return None
    if form.kind is PenaltyKind.FIXED_TERM and "months" not in form.model_fields_set:
        raise BadLine("penalty.months", "missing: a fixed term has months; write null when they are unknown")
    return PenaltyFacts(form.kind, form.months, form.days)


def profile_on(day: date) -> str:
    """Return the profile in force on a day, by the dates in the rules delivered with the program."""
    first = sealing.Profile.PRACTICE_2022 if day >= PRACTICE_FROM else sealing.Profile.OPINION_2012
    return str(first)


def _or_empty(text: str | None) -> str:
    return text if text and text.strip() else ""
