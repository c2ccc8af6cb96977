"""The persons of the demo's scenarios, chosen by properties of their records, never by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from compose.demo.outcomes import Row
from compose.demo.people import synthetic_person
from compose.demo.synthesis import FacetPlan, facets
from federation.law import sealing
from federation.record.facts import facts_of
from federation.v1 import record_pb2 as pb
from federation.values.identifiers import normalise_identifier

PROFILE = "practice-2022"
ROLES = ("conflict", "barred", "sealed", "twice")
_TRIES = 3000


@dataclass(frozen=True)
class Character:
    """A person to ask about; `plans` are all facets of theirs, none for somebody without a record."""

    id_number: str
    name: str
    birth_date: str
    plans: tuple[FacetPlan, ...] = ()

    @property
    def agencies(self) -> tuple[str, ...]:
        """The agencies that hold a record of this person, each once."""
        return tuple(dict.fromkeys(plan.agency for plan in self.plans))

    @property
    def case_ids(self) -> tuple[str, ...]:
        """The rows that this person was made from."""
        return tuple(dict.fromkeys(plan.case_id for plan in self.plans))


@dataclass(frozen=True)
class Cast:
    """The persons of the scenarios; None where no person in the file fits.

    conflict: one open judgment held by three agencies that disagree on a field (scenarios a, b, f).
    barred: an adult convicted of an intentional crime with deprivation of political rights, open, so that a
    school under COMP-24 is answered yes (c). sealed: whose only record every holder must seal (d, e).
    nobody: without any record (d). twice: two open judgments.
    """

    nobody: Character
    conflict: Character | None = None
    barred: Character | None = None
    sealed: Character | None = None
    twice: Character | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The roles that no person plays."""
        return tuple(role for role in ROLES if getattr(self, role) is None)


def cast(plans: Iterable[FacetPlan], seed: int, *, profile: str = PROFILE) -> Cast:
    """Return the persons for the scenarios: for each role the first person who fits; no person plays two roles."""
    chosen: dict[str, Character] = {}
    persons = _persons(plans)
    for person in persons.values():
        role = next((r for r in _roles(person, profile) if r not in chosen), None)
        if role:
            chosen[role] = person
        if len(chosen) == len(ROLES):
            break
    attempt = 0
    while (nobody := _nobody(seed, attempt)).id_number in persons:
        attempt += 1
    return Cast(nobody=nobody, **chosen)


def complete(
    plans: Sequence[FacetPlan], seed: int, *, profile: str = PROFILE
) -> tuple[Cast, list[FacetPlan]]:
    """Return a cast with every role filled, except perhaps `twice`, and the facets of stand-ins to enter as well.

    If the file is too small to fill each role, synthetic outcomes are added and named as such.
    """
    found = cast(plans, seed, profile=profile)
    added: list[FacetPlan] = []
    for role in found.missing:
        stand_in = _stand_in(role, seed, profile)
        if stand_in is not None:
            found = replace(found, **{role: stand_in})
            added.extend(stand_in.plans)
    return found, added


def _persons(plans: Iterable[FacetPlan]) -> dict[str, Character]:
    """Return everybody by identity number, with all facets of all their cases."""
    cases: dict[str, list[FacetPlan]] = defaultdict(list)
    for plan in plans:
        cases[plan.case_id].append(plan)
    persons: dict[str, Character] = {}
    for held in cases.values():
        whole = next((plan.record.person for plan in held if _identified(plan)), None)
        if whole is None:
            continue
        number = normalise_identifier("citizen_id", whole.identifiers[0].number)
        before = persons.get(number)
        persons[number] = Character(
            id_number=number,
            name=before.name if before else whole.names[0].text,
            birth_date=before.birth_date if before else whole.birth_date,
            plans=(*(before.plans if before else ()), *held),
        )
    return persons


def _identified(plan: FacetPlan) -> bool:
    person = plan.record.person
    return plan.kind == "record" and bool(person.identifiers and person.names and person.birth_date)


def _roles(person: Character, profile: str) -> Iterator[str]:
    """Yield the roles that the person fits, the rarest first."""
    plain = all(
        plan.kind != "invalid"
        and _identified(replace(plan, kind="record"))
        and plan.record.person.identifiers[0].verification == pb.VERIFICATION_VERIFIED
        for plan in person.plans
    )
    if not plain:
        return
    statuses = {sealing.decide(facts_of(plan.record), profile).status for plan in person.plans}
    if statuses == {sealing.Status.OPEN} and len(person.case_ids) == 2:
        yield "twice"
    if len(person.case_ids) > 1 or any(_gap(plan) for plan in person.plans):
        return
    if statuses == {sealing.Status.SEALED} and len(person.agencies) > 1:
        yield "sealed"
    if statuses != {sealing.Status.OPEN}:
        return
    disagree = any(mark.startswith("differs:") for plan in person.plans for mark in plan.marks)
    if disagree and len(person.agencies) > 2:
        yield "conflict"
    if not disagree and any(_bars(plan.record) for plan in person.plans):
        yield "barred"


def _gap(plan: FacetPlan) -> bool:
    return any(mark.startswith("gap:") for mark in plan.marks)


def _bars(record: pb.Record) -> bool:
    """Say whether it is an intentional crime with deprivation of political rights (义务教育法 24(3))."""
    rights = pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS
    return any(o.intent == pb.INTENT_INTENTIONAL for o in record.offences) and any(
        extra.kind == rights for extra in record.supplementary_penalties
    )


def _nobody(seed: int, attempt: int) -> Character:
    person = synthetic_person(seed, f"nobody {attempt}", date(1994, 4, 12))
    return Character(person.number, person.name, person.born.isoformat())


def _stand_in(role: str, seed: int, profile: str) -> Character | None:
    offence, months = {"conflict": ("盗窃", 30), "barred": ("抢劫", 84), "sealed": ("盗窃", 10)}.get(
        role, ("", 0)
    )
    if not offence:
        return None
    for attempt in range(_TRIES):
        row = Row(
            line=0,
            case_id=f"stand-in-{role}-{attempt}",
            first_date=date(2014, 5, 6),
            procuratorate="云水县人民检察院",
            offences=(offence,),
            months=months,
        )
        for person in _persons(facets([row], seed)).values():
            if role in _roles(person, profile):
                return person
    return None
