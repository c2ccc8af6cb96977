"""Identities of members and installations, and their SPIFFE names, as values that cannot be confused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

MemberId = NewType("MemberId", str)
NodeName = NewType("NodeName", str)
KeyId = NewType("KeyId", str)

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")


#: Names that are taken in a published charter: an authority's part of that name would stand in another one's place.
_TAKEN = ("root", "targets", "snapshot", "timestamp", "policy")


def member_id(text: str) -> MemberId:
    """Return the id of a member, which is also a part of file names; raises `ValueError`."""
    if not _LABEL.fullmatch(text) or text in _TAKEN:
        raise ValueError(
            f"{text[:70]!r} is no id of a member: small letters, digits, - and _, none of {', '.join(_TAKEN)}"
        )
    return MemberId(text)


_FEDERATION = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


def federation_name(text: str) -> str:
    """Return the name of a federation, which is part of DNS names and URIs; raises `ValueError`."""
    if not _FEDERATION.fullmatch(text) or len(text) > 120:
        raise ValueError(
            f"{text[:130]!r} is no federation's name: write it like a domain, such as hutong.example"
        )
    return text


class OrganClass(StrEnum):
    """The class of an asker, as the disclosure policies know it."""

    POLICE = "police"
    STATE_SECURITY = "state_security"
    PROCURATORATE = "procuratorate"
    JUSTICE = "justice"
    COURT = "court"
    SUPERVISORY = "supervisory"
    STATE_ORGAN = "state_organ"
    LAWYER = "lawyer"
    UNIT = "unit"
    PERSON = "person"


class OrganFunction(StrEnum):
    """A function of an organ in addition to its class: permission to send notices (R29), or to run gateways."""

    COURT = "court"
    PRISON = "prison"
    DETENTION_HOUSE = "detention_house"
    COUNTY_JUSTICE_BUREAU = "county_justice_bureau"
    INTERCONNECT = "interconnect"


class Kind(StrEnum):
    """The kind of an installation."""

    NODE = "node"
    GATEWAY = "gateway"
    CLIENT = "client"


class Role(StrEnum):
    """A purpose for which a key may sign."""

    ASKS = "asks"
    ANSWERS = "answers"
    REGISTERS = "registers"
    NOTIFIES = "notifies"
    WITNESSES = "witnesses"
    INTERCONNECTS = "interconnects"


@dataclass(frozen=True, order=True)
class Installation:
    """One node, gateway or client of one member; written "member/kind/name"."""

    member: MemberId
    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.member}/{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Installation:
        """Return the installation written as "member/kind/name"; raises `ValueError`."""
        parts = text.split("/")
        if len(parts) != 3 or not _LABEL.fullmatch(parts[0]) or not _LABEL.fullmatch(parts[2]):
            raise ValueError(f"not an installation (member/kind/name): {text!r}")
        return cls(MemberId(parts[0]), Kind(parts[1]), parts[2])

    def spiffe(self, federation: str) -> str:
        """Return the URI that its certificate carries."""
        return f"spiffe://{federation}/{self}"

    def dns(self, federation: str) -> str:
        """Return the DNS name that a server certificate carries: unique to this installation."""
        return f"{self.name}.{self.kind}.{self.member}.{federation}".replace("_", "-")

    @classmethod
    def from_spiffe(cls, uri: str, federation: str) -> Installation:
        """Return the installation named by `uri`; raises `ValueError` for another federation."""
        prefix = f"spiffe://{federation}/"
        if not uri.startswith(prefix):
            raise ValueError(f"not of federation {federation}: {uri!r}")
        return cls.parse(uri.removeprefix(prefix))
