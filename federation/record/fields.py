"""The mandatory fields of a record (R13-R21), and the tests whether each is present."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from federation.v1 import record_pb2 as pb

#: The extension that names others convicted in the same case: their personal data (R38).
CO_OFFENDERS = "cn.hutong/co_offenders"

#: Mandatory field path -> (requirement, is it present?). Absent ones must be listed in `unknowns`.
MANDATORY: Mapping[str, tuple[str, Callable[[pb.Record], bool]]] = {
    "person.names": ("R14", lambda r: len(r.person.names) > 0),
    "person.identifiers": ("R14", lambda r: len(r.person.identifiers) > 0),
    "person.sex": ("R14", lambda r: r.person.sex != pb.SEX_UNSPECIFIED),
    "person.birth_date": ("R14", lambda r: bool(r.person.birth_date)),
    "person.household_division": ("R14", lambda r: bool(r.person.household_division)),
    "prosecuting_party": ("R15", lambda r: r.prosecuting_party.WhichOneof("party") is not None),
    "court": ("R16", lambda r: bool(r.court.name)),
    "judgment_number": ("R17", lambda r: bool(r.judgment_number.original)),
    "final_on": ("R18", lambda r: bool(r.final_on)),
    "offences": ("R19", lambda r: len(r.offences) > 0),
    "combined_penalty": ("R20", lambda r: r.combined_penalty.kind != pb.PENALTY_KIND_UNSPECIFIED),
    "execution": ("R21", lambda r: len(r.execution) > 0),
}

#: Indispensable fields, which may not be declared unknown.
INDISPENSABLE = frozenset({"person.names", "offences"})


def offence_dates(record: pb.Record) -> Mapping[str, bool]:
    """Return the paths of every offence's conduct dates, and whether each is present."""
    found = {}
    for number, offence in enumerate(record.offences):
        found[f"offences[{number}].conduct_from"] = bool(offence.conduct_from)
        found[f"offences[{number}].conduct_to"] = bool(offence.conduct_to)
    return found
