"""The plan of a charter as people write it (TOML): what is founded or changes, from request files; read strictly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from certs.authority_request import AuthorityRequest, read_authority_request
from certs.charter_draft import ROOT
from certs.charter_drafts import InstallationDraft, KeyDraft
from certs.installation_request import InstallationRequest, read_request
from certs.request_files import read_from
from certs.root_change import RootChange, read_publisher, read_root_key
from certs.signed_requests import insist_reachable
from federation.charter.installations import ROLES
from federation.charter.model import InstallationState, Member, ProfilePeriod
from federation.charter.table import TomlTable
from federation.values.identity import (
    Installation,
    Kind,
    MemberId,
    OrganClass,
    OrganFunction,
    Role,
    federation_name,
    member_id,
)

T = TypeVar("T")
#: What a federation is founded with where the plan does not say otherwise.
PURPOSES = ("case", "public", "defence", "sealed_case", "sealed_provision", "own")
PROFILES = (
    ProfilePeriod("opinion-2012", date(2012, 5, 10)),
    ProfilePeriod("practice-2022", date(2022, 5, 30)),
)
_KEY_DAYS, _MOST_KEY_DAYS = 365, 1095
#: How long a former signing key, and a former authority, may be accepted beside the new one.
_MOST_FORMER_HOURS, MOST_FORMER_DAYS = 24 * 30, 180
_TABLES = ("authorities", "members", "installations", "states", "endpoints", "purposes", "readings")
_LISTS = ("revocations", "renewals", "root_keys", "removals")
_FIELDS = {
    "": ("format", "federation", "threshold", "publisher", *_TABLES, *_LISTS),
    "authorities": ("request", "former_days"),
    "members": ("id", "title", "class", "authority", "functions"),
    "installations": ("request", "roles", "divisions", "key_days", "former_hours"),
    "states": ("installation", "state"),
    "endpoints": ("installation", "endpoint"),
    "readings": ("name", "value", "because"),
    "revocations": ("authority", "serial"),
    "renewals": ("of",),
    "root_keys": ("request", "in_place_of"),
    "removals": ("member",),
}


@dataclass(frozen=True)
class Listing:
    """An installation that a plan lists; `says` names the fields that its row gives, others stay as they were."""

    request: InstallationRequest
    draft: InstallationDraft
    says: frozenset[str]
    #: Until when the keys that it had are accepted beside the new one; None where the new one replaces them.
    former_until: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """What a plan says; `federation` is empty for a change of a charter."""

    federation: str
    #: How many root keys sign what is founded; None where the plan does not say.
    threshold: int | None
    authorities: list[AuthorityRequest]
    members: list[Member]
    installations: list[Listing]
    states: list[tuple[Installation, InstallationState]]
    endpoints: list[tuple[Installation, str]]
    purposes: dict[str, list[str]]
    readings: list[tuple[str, str, str]]
    #: Authority and serial number of each certificate that is revoked.
    revocations: list[tuple[MemberId, int]]
    #: Authorities whose part is signed anew, "policy" for the policy, so that it does not run out; "root" is in `root`.
    renewals: list[str]
    #: Until when what an authority issued before is accepted beside what it issues from now on.
    former_authorities: dict[MemberId, datetime]
    #: Another root, by the old one and itself.
    root: RootChange
    #: Members that leave.
    removals: list[str]

    @property
    def requests(self) -> list[object]:
        """The request files, as they were read."""
        shown = [each.document for each in self.authorities]
        shown += [each for each in self.root.documents if each not in shown]
        return shown + [each.request.document for each in self.installations]


def read_plan(path: Path, *, now: datetime) -> Plan:
    """Return the plan at `path`; request files are looked for beside it.

    Raises `CharterUnusable` that names line and field of the plan, `InvalidRequest` that names a request file.
    """
    table = TomlTable.read({path.name: path.read_bytes()}, path.name)
    _insist_known(table, "")
    shown = [(_authority(row, path.parent), row) for row in _rows(table, "authorities")]
    renewals = [row.take("of", str) for row in _rows(table, "renewals")]
    return Plan(
        federation=_value(table, "federation", federation_name, table.take("federation", str))
        if "federation" in table.content
        else "",
        threshold=table.take("threshold", int) if "threshold" in table.content else None,
        authorities=[each for each, _ in shown],
        members=[_member(row) for row in _rows(table, "members")],
        installations=[_installation(row, path.parent, now) for row in _rows(table, "installations")],
        states=[(_who(row), _choice(row, "state", InstallationState)) for row in _rows(table, "states")],
        endpoints=[
            (_who(row), _value(row, "endpoint", insist_reachable, row.take("endpoint", str)))
            for row in _rows(table, "endpoints")
        ],
        purposes=_purposes(table),
        readings=[
            (row.take("name", str), row.take("value", str), row.take("because", str))
            for row in _rows(table, "readings")
        ],
        revocations=[
            (MemberId(row.take("authority", str)), _value(row, "serial", _serial, row.take("serial", str)))
            for row in _rows(table, "revocations")
        ],
        renewals=[name for name in renewals if name != ROOT],
        root=RootChange(
            ROOT in renewals,
            [read_root_key(row, path.parent) for row in _rows(table, "root_keys")],
            read_publisher(table, path.parent),
            table.take("threshold", int) if "threshold" in table.content else None,
        ),
        removals=[row.take("member", str) for row in _rows(table, "removals")],
        former_authorities={
            each.member: _until(row, "former_days", timedelta(days=1), MOST_FORMER_DAYS, now)
            for each, row in shown
            if "former_days" in row.content
        },
    )


def _authority(row: TomlTable, folder: Path) -> AuthorityRequest:
    return read_from(folder / row.take("request", str), read_authority_request)


def _until(row: TomlTable, name: str, unit: timedelta, most: int, now: datetime) -> datetime:
    """Return the end of the time in which what a plan replaces is accepted beside the new one."""
    units = row.take(name, int)
    if not 1 <= units <= most:
        raise row.wrong(name, f"must be 1 to {most}; leave it out to end the former one at once")
    return (now + units * unit).replace(microsecond=0)


def _member(row: TomlTable) -> Member:
    name = _value(row, "id", member_id, row.take("id", str))
    functions = frozenset(_value(row, "functions", OrganFunction, each) for each in row.texts("functions"))
    authority = MemberId(row.take("authority", str, name))
    return Member(
        MemberId(name), row.take("title", str), _choice(row, "class", OrganClass), authority, functions
    )


def _installation(row: TomlTable, folder: Path, now: datetime) -> Listing:
    asked = read_from(folder / row.take("request", str), read_request)
    kind = asked.installation.kind
    if kind is Kind.CLIENT and "roles" not in row.content:
        raise row.wrong(
            "roles", f"say what {asked.installation} signs for, of {', '.join(sorted(ROLES[kind]))}"
        )
    if kind is not Kind.CLIENT and not asked.endpoint:
        raise row.wrong(
            "request", f"{asked.installation} states no endpoint: write it anew by its init with --endpoint"
        )
    given = [_value(row, "roles", Role, each) for each in row.texts("roles")]
    roles = tuple(given if "roles" in row.content else sorted(ROLES[kind]))
    days = row.take("key_days", int, _KEY_DAYS)
    if not 1 <= days <= _MOST_KEY_DAYS:
        raise row.wrong("key_days", f"must be 1 to {_MOST_KEY_DAYS}")
    key = KeyDraft(asked.signing_key, roles, now, now + timedelta(days=days))
    endpoint = "" if kind is Kind.CLIENT else asked.endpoint
    listed = InstallationDraft(asked.installation, (key,), endpoint, tuple(row.texts("divisions")))
    former = None
    if "former_hours" in row.content:
        former = _until(row, "former_hours", timedelta(hours=1), _MOST_FORMER_HOURS, now)
    return Listing(asked, listed, frozenset(row.content), former)


def _who(row: TomlTable) -> Installation:
    return _value(row, "installation", Installation.parse, row.take("installation", str))


def _choice(row: TomlTable, name: str, kind: Callable[[str], T]) -> T:
    return _value(row, name, kind, row.take(name, str))


def _value(row: TomlTable, name: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise row.wrong(name, str(error)) from None


def _purposes(table: TomlTable) -> dict[str, list[str]]:
    """Return the purposes that the plan names, each with the members that must answer."""
    given = table.take("purposes", dict, {})
    if not all(isinstance(w, list) and w and all(isinstance(m, str) for m in w) for w in given.values()):
        raise table.wrong("purposes", "each purpose names the members that must answer, as a list")
    unknown = sorted(given.keys() - set(PURPOSES))
    if unknown:
        raise table.wrong(f"purposes.{unknown[0]}", f"is unknown: known are {', '.join(PURPOSES)}")
    return given


def _serial(text: str) -> int:
    """Return a serial number in hex, as `hutong certs show` prints it."""
    return int(text, 16)


def _insist_known(table: TomlTable, name: str) -> None:
    """Raise for a field that no plan has: a misspelt one would silently do nothing."""
    unknown = sorted(table.content.keys() - set(_FIELDS[name]))
    if unknown:
        raise table.wrong(unknown[0], f"is unknown: known are {', '.join(_FIELDS[name])}")


def _rows(table: TomlTable, name: str) -> Iterator[TomlTable]:
    for row in table.rows(name):
        _insist_known(row, name)
        yield row
