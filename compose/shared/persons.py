"""The person whom a command names by --name and --id-number, as notices and working records hold one."""

from __future__ import annotations

from federation.v1 import record_pb2


def name_person(person: record_pb2.Person, *, name: str, id_number: str) -> None:
    """Write what was given into `person`; "" was not. The number counts as declared: nobody saw a card here."""
    if name:
        person.names.add(kind=record_pb2.NAME_KIND_REGISTERED, text=name)
    if id_number:
        person.identifiers.add(
            type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID,
            number=id_number,
            verification=record_pb2.VERIFICATION_DECLARED,
        )
