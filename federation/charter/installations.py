"""The file of one authority: the installations it vouches for, their keys, and the certificates it has revoked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from federation.charter.model import (
    Certification,
    Gateway,
    InstallationEntry,
    InstallationState,
    Key,
    Member,
    Node,
)
from federation.charter.table import TomlTable
from federation.law.agencies import FOUR_AGENCIES
from federation.values.clock import parse_stamp
from federation.values.identity import Installation, Kind, MemberId, NodeName, OrganFunction, Role
from federation.values.keys import keyid_of, verification_key

T = TypeVar("T")
#: How long a certificate of an officer may be made to hold. An officer who was removed is believed so long elsewhere;
#: clients need time to renew it.
SHORTEST_LIFE, LONGEST_LIFE = timedelta(minutes=10), timedelta(hours=12)
#: The roles that a key of each kind of installation may have at most.
ROLES = {
    Kind.NODE: frozenset({Role.ANSWERS, Role.WITNESSES}),
    Kind.GATEWAY: frozenset({Role.INTERCONNECTS, Role.WITNESSES}),
    Kind.CLIENT: frozenset({Role.ASKS, Role.REGISTERS, Role.NOTIFIES}),
}


def installations_path(authority: str) -> str:
    """Return the target path of the file that `authority` alone signs."""
    return f"installations/{authority}.toml"


class AuthorityFile:
    """The declarations of one authority, only about members for which the policy lets it vouch."""

    def __init__(self, authority: MemberId) -> None:
        self.authority = authority
        self.entries: list[InstallationEntry] = []
        self.nodes: list[Node] = []
        self.gateways: list[Gateway] = []
        self.revoked: frozenset[int] = frozenset()
        #: Members whose officers are certified by their node.
        self.certified: dict[MemberId, Certification] = {}


def authority_file(
    files: Mapping[str, bytes], authority: MemberId, federation: str, members: Mapping[MemberId, Member]
) -> AuthorityFile:
    """Return what `authority` declares; raises `CharterUnusable` for what it may not."""
    table = TomlTable.read(files, installations_path(authority))
    if table.take("authority", str) != authority:
        raise table.wrong("authority", f"must be {authority}")
    declared = AuthorityFile(authority)
    try:
        declared.revoked = frozenset(int(serial, 16) for serial in table.texts("revoked"))
    except ValueError as error:
        raise table.wrong("revoked", "serials are hexadecimal strings") from error
    for row in table.rows("certified_officers"):
        member = MemberId(row.take("member", str))
        if member not in members or members[member].authority != authority:
            raise row.wrong("member", f"{authority} may not vouch for {member}")
        if members[member].organ_class not in FOUR_AGENCIES:
            raise row.wrong("member", f"{member} keeps no register, so no node of it can certify officers")
        declared.certified[member] = _certification(row)
    for row in table.rows("installations"):
        entry = _entry(row, federation)
        who = entry.installation
        if who.member not in members or members[who.member].authority != authority:
            raise row.wrong("installation", f"{authority} may not vouch for {who.member}")
        _insist_entitled(entry, members[who.member], row)
        declared.entries.append(entry)
        if entry.state is InstallationState.REMOVED or who.kind is Kind.CLIENT:
            continue
        endpoint = row.take("endpoint", str)
        if who.kind is Kind.GATEWAY:
            declared.gateways.append(Gateway(who.name, who, endpoint))
        else:
            divisions = tuple(row.texts("divisions"))
            declared.nodes.append(Node(NodeName(who.name), who.member, who, endpoint, divisions))
    return declared


def _certification(row: TomlTable) -> Certification:
    since = _read(row, "since", parse_stamp)
    if "life_minutes" not in row.content:
        return Certification(since)
    minutes = row.take("life_minutes", int)
    shortest, longest = (int(each.total_seconds()) // 60 for each in (SHORTEST_LIFE, LONGEST_LIFE))
    if not shortest <= minutes <= longest:
        raise row.wrong("life_minutes", f"must be {shortest} to {longest}")
    return Certification(since, timedelta(minutes=minutes))


def _insist_entitled(entry: InstallationEntry, member: Member, row: TomlTable) -> None:
    """Raise unless the shared policy, not one authority alone, entitles the member to this installation (A2, R9)."""
    kind = entry.installation.kind
    if kind is Kind.NODE and member.organ_class not in FOUR_AGENCIES:
        raise row.wrong("installation", f"{member.id} is none of the four agencies that keep a register")
    if kind is Kind.GATEWAY and not member.does(OrganFunction.INTERCONNECT):
        raise row.wrong("installation", f"the policy does not name {member.id} to run gateways (functions)")
    beyond = {role for key in entry.keys for role in key.roles} - ROLES[kind]
    if beyond:
        raise row.wrong("keys", f"a {kind} may not have the roles {', '.join(sorted(beyond))}")


def _entry(row: TomlTable, federation: str) -> InstallationEntry:
    installation = _read(row, "installation", Installation.parse)
    keys = tuple(_key(key) for key in row.rows("keys"))
    return InstallationEntry(
        installation, _read(row, "state", InstallationState), keys, installation.dns(federation)
    )


def _key(row: TomlTable) -> Key:
    public = _read(row, "public", bytes.fromhex)
    try:
        verification_key(public)
    except ValueError as error:
        raise row.wrong("public", str(error)) from error
    try:
        roles = frozenset(Role(role) for role in row.texts("roles"))
    except ValueError as error:
        raise row.wrong("roles", str(error)) from error
    moments = [_read(row, name, parse_stamp) for name in ("not_before", "not_after")]
    return Key(keyid_of(public), public, roles, *moments)


def _read(row: TomlTable, name: str, read: Callable[[str], T]) -> T:
    """Return the text of a field as `read` takes it; raises `CharterUnusable` that names the field."""
    try:
        return read(row.take(name, str))
    except ValueError as error:
        raise row.wrong(name, str(error)) from error
