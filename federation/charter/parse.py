"""From the charter's TOML files to the frozen model, refusing what contradicts itself or oversteps."""

from __future__ import annotations

import base64
import hashlib
import logging
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from cryptography import x509
from google.protobuf.message import DecodeError

from federation.charter.model import (
    Charter,
    Gateway,
    InstallationEntry,
    Key,
    Member,
    Node,
    Opening,
    Profile,
    Route,
    State,
)
from federation.charter.openings import read_opening
from federation.errors import CharterUnusable, HutongError
from federation.law.agencies import FOUR_AGENCIES
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import parse_stamp
from federation.values.identity import Installation, Kind, MemberId, NodeName, OrganClass, OrganFunction, Role
from federation.values.keys import keyid_of, verification_key

POLICY = "policy.toml"
FORMAT = 1

T = TypeVar("T")
_LOGGER = logging.getLogger(__name__)


def installations_path(authority: str) -> str:
    """Return the target path of the file that `authority` alone signs."""
    return f"installations/{authority}.toml"


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return the charter's digest: hex SHA-256 over the sorted lines "path sha256-hex"."""
    lines = (f"{path} {hashlib.sha256(content).hexdigest()}\n" for path, content in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


#: What a key of each kind of installation may be for at most.
ROLES = {
    Kind.NODE: frozenset({Role.ANSWERS, Role.WITNESSES}),
    Kind.GATEWAY: frozenset({Role.INTERCONNECTS, Role.WITNESSES}),
    Kind.CLIENT: frozenset({Role.ASKS, Role.REGISTERS, Role.NOTIFIES}),
}


def parse_charter(files: Mapping[str, bytes], *, version: int) -> Charter:
    """Return the charter that `files` (target path to content) say at `version`; raises `CharterUnusable`."""
    policy = _Table.read(files, POLICY)
    federation = policy.take("federation", str)
    authorities = {
        MemberId(name): _certificate(table.take("ca", str), table)
        for name, table in policy.tables("authorities")
    }
    members = {MemberId(name): _member(MemberId(name), table) for name, table in policy.tables("members")}
    for member in members.values():
        if member.authority not in authorities:
            raise _unusable(
                POLICY, f"members.{member.id}", f"its authority {member.authority} has no CA here"
            )
    purposes = {
        purpose: tuple(_agency(agency, members, policy) for agency in agencies)
        for purpose, agencies in policy.take("purposes", dict).items()
    }
    declared = [_authority_file(files, name, federation, members) for name in sorted(authorities)]
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
    )
    return replace(charter, opened_seals=_opened_seals(policy, charter))


class _Table:
    """One TOML table that knows where it stands, so that every complaint can say so."""

    def __init__(self, file: str, where: str, content: Mapping[str, Any]) -> None:
        self.file, self.where, self.content = file, where, content

    @classmethod
    def read(cls, files: Mapping[str, bytes], path: str) -> _Table:
        if path not in files:
            raise CharterUnusable(f"the charter has no {path}", reason="CHARTER_INCOMPLETE")
        try:
            table = cls(path, "", tomllib.loads(files[path].decode()))
        except ValueError as error:  # covers TOMLDecodeError and UnicodeDecodeError
            raise CharterUnusable(f"{path} is not TOML: {error}", reason="CHARTER_INVALID") from error
        if table.take("format", int) != FORMAT:
            raise table.wrong("format", f"must be {FORMAT}")
        return table

    def take(self, name: str, kind: type[T], default: T | None = None) -> T:
        value = self.content.get(name, default)
        if not isinstance(value, kind):
            raise self.wrong(name, f"must be a {kind.__name__}")
        return value

    def texts(self, name: str) -> list[str]:
        values = self.take(name, list, [])
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(name, "must be a list of strings")
        return values

    def tables(self, name: str) -> list[tuple[str, _Table]]:
        values = self.take(name, dict)
        if not all(isinstance(value, dict) for value in values.values()):
            raise self.wrong(name, "must hold tables")
        return [(key, _Table(self.file, f"{name}.{key}", value)) for key, value in values.items()]

    def rows(self, name: str) -> list[_Table]:
        values = self.take(name, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise self.wrong(name, "must be an array of tables")
        return [_Table(self.file, f"{self.where}{name}[{i}]", value) for i, value in enumerate(values)]

    def wrong(self, name: str, why: str) -> CharterUnusable:
        return _unusable(self.file, f"{self.where}.{name}".lstrip("."), why)


def _unusable(file: str, field: str, why: str) -> CharterUnusable:
    return CharterUnusable(f"{file}: {field}: {why}", reason="CHARTER_INVALID", file=file, field=field)


def _certificate(pem: str, table: _Table) -> bytes:
    try:
        x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise table.wrong("ca", f"not a PEM certificate: {error}") from error
    return pem.encode()


def _member(name: MemberId, table: _Table) -> Member:
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


def _agency(name: object, members: Mapping[MemberId, Member], table: _Table) -> MemberId:
    if not isinstance(name, str) or MemberId(name) not in members:
        raise table.wrong("purposes", f"{name!r} is no member")
    return MemberId(name)


def _profiles(policy: _Table) -> tuple[Profile, ...]:
    profiles = [
        Profile(row.take("name", str), row.take("effective", date)) for row in policy.rows("profiles")
    ]
    return tuple(sorted(profiles, key=lambda profile: profile.effective))


def _routes(policy: _Table, nodes: Sequence[Node]) -> tuple[Route, ...]:
    known = {str(node.name) for node in nodes}
    routes = []
    for row in policy.rows("routing"):
        division, node = row.take("division", str, ""), row.take("node", str)
        if division and not (division.isascii() and division.isdigit() and len(division) <= 6):
            raise row.wrong("division", "must be a prefix of a division code, up to six digits")
        if node not in known:
            raise row.wrong("node", f"the charter names no node {node!r}")
        routes.append(Route(division, row.take("matter", str, ""), NodeName(node)))
    return tuple(routes)


def _opened_seals(policy: _Table, charter: Charter) -> tuple[Opening, ...]:
    """Return the openings that hold; one that does not (a signer is gone) opens nothing, and nothing else fails."""
    holding = []
    for row in policy.rows("opened_seals"):
        try:
            holding.append(read_opening(_statements(row), charter))
        except HutongError as error:
            _LOGGER.warning("%s: an opening of a seal does not hold: %s", POLICY, error.message)
    return tuple(holding)


def insist_openings(policy: bytes, charter: Charter) -> None:
    """Raise what is wrong with an opening in the policy: none is published that does not hold."""
    for row in _Table.read({POLICY: policy}, POLICY).rows("opened_seals"):
        read_opening(_statements(row), charter)


def _statements(row: _Table) -> list[Envelope]:
    try:
        return [
            Envelope.FromString(base64.b64decode(text, validate=True)) for text in row.texts("statements")
        ]
    except (ValueError, DecodeError) as error:
        raise row.wrong("statements", f"not two signed statements: {error}") from None


class _AuthorityFile:
    """What one authority declares: only about members the policy lets it vouch for."""

    def __init__(self, authority: MemberId) -> None:
        self.authority = authority
        self.entries: list[InstallationEntry] = []
        self.nodes: list[Node] = []
        self.gateways: list[Gateway] = []
        self.revoked: frozenset[int] = frozenset()


def _authority_file(
    files: Mapping[str, bytes], authority: MemberId, federation: str, members: Mapping[MemberId, Member]
) -> _AuthorityFile:
    table = _Table.read(files, installations_path(authority))
    if table.take("authority", str) != authority:
        raise table.wrong("authority", f"must be {authority}")
    declared = _AuthorityFile(authority)
    try:
        declared.revoked = frozenset(int(serial, 16) for serial in table.texts("revoked"))
    except ValueError as error:
        raise table.wrong("revoked", "serials are hexadecimal strings") from error
    for row in table.rows("installations"):
        entry = _entry(row, federation)
        who = entry.installation
        if who.member not in members or members[who.member].authority != authority:
            raise row.wrong("installation", f"{authority} may not vouch for {who.member}")
        _insist_entitled(entry, members[who.member], row)
        declared.entries.append(entry)
        if entry.state is State.REMOVED or who.kind is Kind.CLIENT:
            continue
        endpoint = row.take("endpoint", str)
        if who.kind is Kind.GATEWAY:
            declared.gateways.append(Gateway(who.name, who, endpoint))
        else:
            divisions = tuple(row.texts("divisions"))
            declared.nodes.append(Node(NodeName(who.name), who.member, who, endpoint, divisions))
    return declared


def _insist_entitled(entry: InstallationEntry, member: Member, row: _Table) -> None:
    """What all agencies agree on decides who runs gateways and nodes; one authority alone cannot (A2, R9)."""
    kind = entry.installation.kind
    if kind is Kind.NODE and member.organ_class not in FOUR_AGENCIES:
        raise row.wrong("installation", f"{member.id} is none of the four agencies that keep a register")
    if kind is Kind.GATEWAY and not member.does(OrganFunction.INTERCONNECT):
        raise row.wrong("installation", f"the policy does not name {member.id} to run gateways (functions)")
    beyond = {role for key in entry.keys for role in key.roles} - ROLES[kind]
    if beyond:
        raise row.wrong("keys", f"a {kind} may not have the roles {', '.join(sorted(beyond))}")


def _entry(row: _Table, federation: str) -> InstallationEntry:
    try:
        installation = Installation.parse(row.take("installation", str))
        state = State(row.take("state", str))
        keys = tuple(_key(key) for key in row.rows("keys"))
    except ValueError as error:
        raise row.wrong("installation", str(error)) from error
    return InstallationEntry(installation, state, keys, installation.dns(federation))


def _key(row: _Table) -> Key:
    public = bytes.fromhex(row.take("public", str))
    verification_key(public)
    roles = frozenset(Role(role) for role in row.texts("roles"))
    return Key(keyid_of(public), public, roles, _moment(row, "not_before"), _moment(row, "not_after"))


def _moment(row: _Table, name: str) -> datetime:
    return parse_stamp(row.take(name, str))


def authorities_of(policy: bytes) -> tuple[MemberId, ...]:
    """Return the authorities that the policy file names, so that their own files can be fetched."""
    table = _Table.read({POLICY: policy}, POLICY)
    return tuple(MemberId(name) for name, _ in sorted(table.tables("authorities")))
