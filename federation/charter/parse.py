"""Parsing of the charter's TOML files into the frozen model; contradictions and excess of authority are refused."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from cryptography import x509
from google.protobuf.message import DecodeError

from federation.charter.extensions import declarations, insist_declarations
from federation.charter.installations import authority_file
from federation.charter.model import (
    Charter,
    FormerAuthority,
    Member,
    Node,
    OpenedSeal,
    ProfilePeriod,
    Release,
    Route,
    Undecided,
)
from federation.charter.openings import read_opening
from federation.charter.table import TomlTable
from federation.errors import CharterUnusable, HutongError
from federation.law.readings import Readings, read_readings
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import parse_stamp
from federation.values.divisions import check_area
from federation.values.identity import MemberId, NodeName, OrganClass, OrganFunction

POLICY = "policy.toml"
MOST_VERIFIED_PERCENT = 50
E = TypeVar("E", bound=StrEnum)

_LOGGER = logging.getLogger(__name__)


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return the charter's digest: hex SHA-256 over the sorted lines "path sha256-hex"."""
    lines = (f"{path} {hashlib.sha256(content).hexdigest()}\n" for path, content in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def parse_charter(files: Mapping[str, bytes], *, version: int) -> Charter:
    """Return the charter that `files` (target path to content) define at `version`; raises `CharterUnusable`."""
    policy = TomlTable.read(files, POLICY)
    federation = policy.take("federation", str)
    authorities = {
        MemberId(name): _certificate(table.take("ca", str), table)
        for name, table in policy.tables("authorities")
    }
    members = {MemberId(name): _member(MemberId(name), table) for name, table in policy.tables("members")}
    for member in members.values():
        if member.authority not in authorities:
            raise policy.wrong(f"members.{member.id}", f"its authority {member.authority} has no CA here")
    purposes = {
        purpose: tuple(_agency(agency, members, policy) for agency in agencies)
        for purpose, agencies in policy.take("purposes", dict).items()
    }
    declared = [authority_file(files, name, federation, members) for name in sorted(authorities)]
    entries = [entry for file in declared for entry in file.entries]
    installations = {entry.installation: entry for entry in entries}
    keyids = [key.keyid for entry in entries for key in entry.keys]
    if len(installations) != len(entries) or len(set(keyids)) != len(keyids):
        raise CharterUnusable(
            "an installation or a key is listed twice in the charter", reason="CHARTER_INVALID"
        )
    nodes = tuple(node for file in declared for node in file.nodes)
    if len({node.name for node in nodes}) != len(nodes):
        raise CharterUnusable("two nodes of the charter have the same name", reason="CHARTER_INVALID")
    charter = Charter(
        federation=federation,
        version=version,
        digest=digest_of(files),
        members=MappingProxyType(members),
        authorities=MappingProxyType(authorities),
        installations=MappingProxyType(installations),
        nodes=nodes,
        gateways=tuple(gateway for file in declared for gateway in file.gateways),
        revoked=MappingProxyType({file.authority: file.revoked for file in declared}),
        purposes=MappingProxyType(purposes),
        profiles=_profiles(policy),
        routes=_routes(policy, nodes),
        unseal_at_exactly_five=policy.take("unseal_at_exactly_five", bool, False),
        windows_need_mandate=policy.take("windows_need_mandate", bool, False),
        unsafe_windows_ask_directly=policy.take("unsafe_windows_ask_directly", bool, False),
        officers_certified=MappingProxyType(
            {m: since for file in declared for m, since in file.certified.items()}
        ),
        extensions=declarations(policy),
        readings=_readings(policy),
        former_authorities=MappingProxyType(_former_authorities(policy)),
    )
    return replace(charter, opened_seals=_opened_seals(policy, charter))


def _certificate(pem: str, table: TomlTable, field: str = "ca") -> bytes:
    try:
        x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise table.wrong(field, f"not a PEM certificate: {error}") from error
    return pem.encode()


def _former_authorities(policy: TomlTable) -> dict[MemberId, FormerAuthority]:
    """Return the authorities that were replaced, with what they had before."""
    found = {}
    for name, table in policy.tables("authorities"):
        if "former" not in table.content:
            continue
        try:
            until = parse_stamp(table.take("former_until", str))
        except ValueError as error:
            raise table.wrong("former_until", str(error)) from error
        former = _certificate(table.take("former", str), table, "former")
        found[MemberId(name)] = FormerAuthority(former, until)
    return found


def _member(name: MemberId, table: TomlTable) -> Member:
    try:
        organ_class = OrganClass(table.take("class", str))
    except ValueError as error:
        raise table.wrong("class", str(error)) from error
    try:
        functions = frozenset(OrganFunction(function) for function in table.texts("functions"))
    except ValueError as error:
        raise table.wrong("functions", str(error)) from error
    authority = MemberId(table.take("authority", str))
    return Member(name, table.take("title", str), organ_class, authority, functions)


def _agency(name: object, members: Mapping[MemberId, Member], table: TomlTable) -> MemberId:
    if not isinstance(name, str) or MemberId(name) not in members:
        raise table.wrong("purposes", f"{name!r} is no member")
    return MemberId(name)


def _profiles(policy: TomlTable) -> tuple[ProfilePeriod, ...]:
    return tuple(sorted(map(_profile, policy.rows("profiles")), key=lambda profile: profile.effective))


def _profile(row: TomlTable) -> ProfilePeriod:
    release = _one_of(row, "release", Release, Release.NEXT_WORKING_DAY)
    percent = row.take("verified_percent", int, ProfilePeriod.verified_percent)
    least = 0 if release is Release.UNSAFE_ON_THE_SPOT else 1
    if not least <= percent <= MOST_VERIFIED_PERCENT:
        raise row.wrong(
            "verified_percent", f"must be {least} to {MOST_VERIFIED_PERCENT} with release {release}"
        )
    return ProfilePeriod(
        row.take("name", str),
        row.take("effective", date),
        release,
        _one_of(row, "undecided", Undecided, Undecided.VERIFY),
        percent,
    )


def _one_of(row: TomlTable, name: str, choices: type[E], default: E) -> E:
    try:
        return choices(row.take(name, str, str(default)))
    except ValueError:
        raise row.wrong(name, f"must be one of {', '.join(choices)}") from None


def _readings(policy: TomlTable) -> Readings:
    """Return the readings chosen: each by a known value, once, and with a reason.

    A reading that this program does not know ends the charter's use: some servers would follow it and others not.
    """
    chosen: dict[str, str] = {}
    for row in policy.rows("readings"):
        name, value = row.take("name", str), row.take("value", str)
        if name in chosen:
            raise row.wrong("name", f"{name} is chosen twice")
        if not any(character.isalnum() for character in row.take("because", str)):
            raise row.wrong("because", "say why this reading is chosen")
        chosen[name] = value
        try:
            read_readings(chosen)
        except ValueError as error:
            raise row.wrong("value", str(error)) from None
    return read_readings(chosen)


def _routes(policy: TomlTable, nodes: Sequence[Node]) -> tuple[Route, ...]:
    known = {str(node.name) for node in nodes}
    routes = []
    for row in policy.rows("routing"):
        division, node = row.take("division", str, ""), row.take("node", str)
        if division:
            try:
                check_area(division)
            except ValueError as error:
                raise row.wrong("division", str(error)) from None
        if node not in known:
            raise row.wrong("node", f"the charter names no node {node!r}")
        routes.append(Route(division, row.take("matter", str, ""), NodeName(node)))
    return tuple(routes)


def _opened_seals(policy: TomlTable, charter: Charter) -> tuple[OpenedSeal, ...]:
    """Return the valid openings; an invalid one (a signer has left, say) opens nothing, and nothing else fails."""
    holding = []
    for row in policy.rows("opened_seals"):
        try:
            holding.append(read_opening(_statements(row), charter))
        except HutongError as error:
            _LOGGER.warning("%s: an opening of a seal does not hold: %s", POLICY, error.message)
    return tuple(holding)


def insist_publishable(policy: bytes, charter: Charter) -> None:
    """Raise the error of an invalid opening or declaration in the policy: no policy is published with one."""
    table = TomlTable.read({POLICY: policy}, POLICY)
    insist_declarations(table)
    for row in table.rows("opened_seals"):
        read_opening(_statements(row), charter)


def _statements(row: TomlTable) -> list[Envelope]:
    try:
        return [
            Envelope.FromString(base64.b64decode(text, validate=True)) for text in row.texts("statements")
        ]
    except (ValueError, DecodeError) as error:
        raise row.wrong("statements", f"not two signed statements: {error}") from None


def authorities_of(policy: bytes) -> tuple[MemberId, ...]:
    """Return the authorities that the policy file names, so that their own files can be fetched."""
    table = TomlTable.read({POLICY: policy}, POLICY)
    return tuple(MemberId(name) for name, _ in sorted(table.tables("authorities")))
