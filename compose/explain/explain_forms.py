"""The questions that `hutong explain` takes, read into values of the rules, and the answers written back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Final, TypeVar

from compose.explain.strict_json import BadLine, Form
from federation.errors import InvalidRequest
from federation.law import sealing, sealing_related
from federation.law.bases import RECORD_CLASSES
from federation.law.punishment import PenaltyFacts, PenaltyKind
from federation.record.classes import CRIMINAL
from federation.v1 import record_pb2
from federation.values import case_number
from federation.values.calendar import DateRange, parse_date, parse_partial
from federation.values.clock import legal_day, now
from federation.values.identifiers import (
    IdentifierType,
    birth_date_of,
    check_citizen_id,
    normalise_identifier,
)
from federation.values.identity import OrganClass
from federation.values.numbers import birth_of

if TYPE_CHECKING:
    from federation.law.disclosure import Disclosure

MOST_OFFENCES: Final = 1000
MOST_MONTHS: Final = 1200
_SEALING_KEYS: Final = (
    "birth_date",
    "id_number",
    "offences",
    "main_acts_before_18",
    "penalty",
    "profile",
    "court_age_finding",
    "adulthood_proven",
    "class",
    "on",
)
#: Working records are in no rule of sealing: they answer nothing (R46).
_SEALED_CLASSES: Final = tuple(name for name in RECORD_CLASSES if name != "working")
#: First day of the 2022 Measures.
PRACTICE_FROM: Final = date(2022, 5, 30)
_CONTEXT_KEYS: Final = ("case_number", "subject_of_case", "basis", "undertaking", "function")
_Day = TypeVar("_Day", date, DateRange)
_FUNCTIONS: Final = (
    "execution",
    "prison",
    "community_correction",
    "lawyer_administration",
    "notary_administration",
)


def explain_sealing(value: object) -> dict[str, object]:
    """Return the sealing decision for one question on a record of any class; raises `BadLine`.

    `on` is the day of evaluation, today unless it is said: it decides between the rules and profiles (A14).
    `id_number` is a verified citizen number: it says the birth date where `birth_date` is null or a year or month.
    """
    form = Form(value, _SEALING_KEYS)
    record_class = form.choice("class", _SEALED_CLASSES) if form.has("class") else CRIMINAL
    on = _date(form, "on", parse_date) if form.has("on") else None
    birth = _birth(form)
    conduct = tuple(
        _conduct(item, f"offences[{number}]", birth)
        for number, item in enumerate(form.items("offences", MOST_OFFENCES))
    )
    main_acts = sealing.MainActs.UNDETERMINED
    if form.has("main_acts_before_18"):
        main_acts = sealing.MainActs(form.choice("main_acts_before_18", [*sealing.MainActs]))
    finding = None
    if form.has("court_age_finding") and form.given("court_age_finding") is not None:
        finding = sealing.AgeFinding(form.choice("court_age_finding", [*sealing.AgeFinding]))
    given = form.given("penalty") if record_class == CRIMINAL or form.has("penalty") else None
    if given is not None and record_class != CRIMINAL:
        form.refuse("penalty", "has no part in the sealing of this class")
    penalty = _penalty(given)
    facts = sealing.Facts(
        birth=birth,
        conduct=conduct,
        main_acts=main_acts,
        penalty=penalty,
        court_age_finding=finding,
        adulthood_proven=form.flag("adulthood_proven") if form.has("adulthood_proven") else False,
    )
    profile = _profile(form) if on is None or form.has("profile") else profile_on(on)
    decision = sealing_related.decide(record_class, facts, profile=profile, on=on or legal_day(now()))
    return {
        "status": decision.status,
        "rule": decision.rule,
        "clause": decision.clause,
        "reason": decision.reason,
        "offences": list(decision.offences),
    }


def explain_disclosure(value: object, rules: Disclosure) -> dict[str, object]:
    """Return the ruling about one record; raises `BadLine`."""
    from federation.law import disclosure

    form = Form(value, ("asker", "purpose", "context", "record", "profile"))
    asker = Form(form.given("asker"), ("class",), "asker")
    organ_class = OrganClass(asker.choice("class", [*OrganClass]))
    purpose = form.choice("purpose", [*disclosure.PURPOSES])
    given = form.given("context") if form.has("context") else None
    context = Form({} if given is None else given, _CONTEXT_KEYS, "context")
    record = Form(form.given("record"), ("class", "sealed"), "record")
    function = _optional_text(context, "function")
    if function and function not in _FUNCTIONS:
        context.refuse("function", f"is not one of {', '.join(_FUNCTIONS)}")
    ruling = rules.decide(
        disclosure.Asker(organ_class),
        purpose,
        disclosure.Context(
            case_number=_optional_text(context, "case_number"),
            subject_of_case=_optional_flag(context, "subject_of_case"),
            basis=_optional_text(context, "basis"),
            undertaking=_optional_flag(context, "undertaking"),
            function=function,
            profile=_profile(form),
        ),
        disclosure.RecordFacts(record.choice("class", RECORD_CLASSES), record.flag("sealed")),
    )
    return {
        "decision": "permit" if ruling.permitted else "forbid",
        "shown": ruling.shown,
        "policies": [{"id": p.id, "clause": p.clause, "says": p.says} for p in ruling.policies],
    }


def explain_case_number(value: object) -> dict[str, object]:
    """Return the case number taken apart; raises `BadLine`."""
    text = Form(value, ("text",)).given("text")
    if not isinstance(text, str):
        raise BadLine("text", "must be a string")
    try:
        number = case_number.parse(text)
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


def _birth(form: Form) -> DateRange | None:
    """Return the days of birth as a record with this date and this verified number is read (GB 11643)."""
    stated = _date(form, "birth_date", parse_partial)
    if not form.has("id_number") or form.given("id_number") is None:
        return stated
    person = record_pb2.Person(birth_date=form.text("birth_date") if stated else "")
    try:
        number = normalise_identifier(IdentifierType.CITIZEN_ID, form.text("id_number"))
        check_citizen_id(number, allow_synthetic=True)
    except BadLine:
        raise
    except ValueError as error:
        form.refuse("id_number", str(error))
    if stated and not stated.first <= birth_date_of(number) <= stated.last:
        form.refuse("birth_date", "contradicts the birth date inside the citizen number (GB 11643)")
    person.identifiers.add(
        type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID,
        number=number,
        verification=record_pb2.VERIFICATION_VERIFIED,
    )
    return birth_of(person)


def _conduct(value: object, path: str, birth: DateRange | None) -> sealing.Conduct:
    form = Form(value, ("name", "from", "to"), path)
    form.text("name")
    first = _date(form, "from", parse_date)
    last = _date(form, "to", parse_date)
    if first and last and last < first:
        form.refuse("to", f"the conduct ends ({last}) before it begins ({first})")
    for name, day in (("from", first), ("to", last)):
        if birth and day and day < birth.first:
            form.refuse(name, f"the conduct ({day}) lies before the birth ({birth.first})")
    return sealing.Conduct(first, last)


def _penalty(value: object) -> PenaltyFacts | None:
    if value is None:
        return None
    form = Form(value, ("kind", "months", "days"), "penalty")
    kind = PenaltyKind(form.choice("kind", [*PenaltyKind]))
    if kind is PenaltyKind.FIXED_TERM and not form.has("months"):
        form.refuse("months", "missing: a fixed term has months; write null when they are unknown")
    months = None
    if form.has("months") and form.given("months") is not None:
        months = form.whole("months", MOST_MONTHS)
    return PenaltyFacts(kind, months, form.whole("days", 30) if form.has("days") else 0)


def profile_on(day: date) -> str:
    """Return the profile in force on a day, by the dates of the delivered rules."""
    first = sealing.Profile.PRACTICE_2022 if day >= PRACTICE_FROM else sealing.Profile.OPINION_2012
    return str(first)


def _profile(form: Form) -> str:
    return (
        form.choice("profile", [*sealing.Profile]) if form.has("profile") else sealing.Profile.PRACTICE_2022
    )


def _date(form: Form, name: str, parse: Callable[[str], _Day]) -> _Day | None:
    if form.given(name) is None:
        return None
    try:
        return parse(form.text(name))
    except BadLine:
        raise
    except ValueError as error:
        form.refuse(name, str(error))


def _optional_text(form: Form, name: str) -> str:
    value = form.given(name) if form.has(name) else None
    if value is None or (isinstance(value, str) and not value.strip()):
        return ""
    return form.text(name)


def _optional_flag(form: Form, name: str) -> bool:
    return form.flag(name) if form.has(name) and form.given(name) is not None else False
