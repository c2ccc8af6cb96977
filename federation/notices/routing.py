"""Destinations of a notice (R28, A1, A3, A15): the registration organ, other agencies' facets, the place of trial."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from federation.charter.model import Charter, Node
from federation.errors import InvalidRequest
from federation.notices.kinds import kind_name
from federation.v1 import notice_pb2, record_pb2
from federation.values.divisions import read_division
from federation.values.enum_names import enum_name
from federation.values.identity import OrganClass

#: Provinces of GB/T 2260, and 66 for the Production and Construction Corps (R68); 99 is synthetic.
_PROVINCES = {
    *[
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
    ]
} | {*["50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "66"]}
#: Hong Kong, Macao, Taiwan: no household registration that a registration organ here keeps (A15).
_ELSEWHERE = {"71", "81", "82"}
#: Penalties that are not executed over time: justice administration holds no facet of them.
_NOT_EXECUTED = (
    record_pb2.PENALTY_KIND_EXEMPT,
    record_pb2.PENALTY_KIND_SUPPLEMENTARY_ONLY,
    record_pb2.PENALTY_KIND_DEATH,
)


@dataclass(frozen=True, slots=True)
class Stop:
    """One node that gets the notice, and in which role."""

    node: Node
    addressing: notice_pb2.Addressing.ValueType


@cache
def _table() -> tuple[Mapping[str, OrganClass], Mapping[OrganClass, frozenset[str]]]:
    content = tomllib.loads((files("federation") / "data" / "notice_routing.toml").read_text("utf-8"))
    registration = {matter: OrganClass(agency) for matter, agency in content["registration"].items()}
    return registration, {OrganClass(a): frozenset(kinds) for a, kinds in content["facets"].items()}


def person_of(notice: notice_pb2.Notice) -> record_pb2.Person:
    """Return the person whom the notice concerns."""
    return notice.record.person if notice.kind == notice_pb2.NOTICE_KIND_JUDGMENT else notice.person


def matter_name(notice: notice_pb2.Notice) -> str:
    """Return "ordinary", "state_security", "procuratorate" or "military"; unspecified is ordinary."""
    matter = notice.matter or notice_pb2.MATTER_ORDINARY
    return enum_name(notice_pb2.Matter.DESCRIPTOR, matter)


def registration_division(notice: notice_pb2.Notice) -> str:
    """Return the division whose organ registers: that of the household, else that of the place of trial (A15)."""
    household = _code(person_of(notice).household_division)
    if not household or household[:2] in _ELSEWHERE:
        return _code(notice.trial_division)
    return household


def _code(division: str) -> str:
    """Return a code of full-width digits as the charter writes it; what is no code is left to `insist_division`."""
    try:
        return read_division(division)
    except ValueError:
        return division


def insist_division(division: str, field: str, *, allow_synthetic: bool) -> None:
    """Raise `InvalidRequest` unless `division` is a code of six digits of an existing province."""
    try:
        code = read_division(division)
    except ValueError as error:
        raise InvalidRequest.of(field, "GB/T 2260", f"{division[:20]!r} {error}") from None
    known = code[:2] in _PROVINCES | _ELSEWHERE or (allow_synthetic and code.startswith("99"))
    if not known:
        raise InvalidRequest.of(
            field, "R28", f"{division} is an unknown division: no province {division[:2]}"
        )


def stops(charter: Charter, notice: notice_pb2.Notice, *, division: str = "") -> list[Stop]:
    """Return the nodes that `notice` goes to, the registration organ first; raises `InvalidRequest` (R28).

    `division` replaces the household's, when a former holder of the person has sent the notice on.
    """
    registration, facets = _table()
    kind, matter = kind_name(notice.kind), matter_name(notice)
    if matter not in registration:
        raise InvalidRequest.of("matter", "A1", "say in which matter: it decides who registers")
    home = _code(division) or registration_division(notice)
    if not home and matter != "military":
        raise InvalidRequest.of(
            "person.household_division",
            "R28",
            "without a registration here the place of trial registers: give trial_division (A15)",
        )
    organ = registration[matter]
    registrar = charter.registrar(organ, home, matter)
    if registrar is None:
        raise InvalidRequest.of(
            "person.household_division", "R28", f"no node of {organ} registers for {home or matter}"
        )
    found = {registrar.name: Stop(registrar, notice_pb2.ADDRESSING_REGISTRATION)}
    for agency, kinds in facets.items():
        node = charter.registrar(agency, home, matter)
        if node is not None and kind in kinds and not _idle(agency, notice):
            found.setdefault(node.name, Stop(node, notice_pb2.ADDRESSING_FACET))
    trial = _code(notice.trial_division)
    if trial and trial != home and not division:
        copy = charter.registrar(organ, trial, matter)
        if copy is not None:
            found.setdefault(copy.name, Stop(copy, notice_pb2.ADDRESSING_COPY))
    return list(found.values())


def _idle(agency: OrganClass, notice: notice_pb2.Notice) -> bool:
    """Say whether the agency gets no facet: justice administration holds only penalties executed over time."""
    return (
        agency is OrganClass.JUSTICE
        and notice.kind == notice_pb2.NOTICE_KIND_JUDGMENT
        and notice.record.combined_penalty.kind in _NOT_EXECUTED
    )


def facet(agency: OrganClass, record: record_pb2.Record) -> record_pb2.Record:
    """Return the facet of a judgment that a node of `agency` holds; the rest is marked as held elsewhere (R13)."""
    kept = record_pb2.Record()
    kept.CopyFrom(record)
    field = {OrganClass.PROCURATORATE: "execution", OrganClass.JUSTICE: "prosecuting_party"}.get(agency)
    if field is not None:
        kept.ClearField(field)  # type: ignore[arg-type]
        unknowns = [u for u in kept.unknowns if u.field != field]
        del kept.unknowns[:]
        kept.unknowns.extend(unknowns)
        kept.unknowns.add(field=field, reason=record_pb2.UNKNOWN_REASON_HELD_BY_ANOTHER_AGENCY)
    return kept
