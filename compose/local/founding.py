"""Found a local federation: authorities, certificates, keys, a charter signed by three of four agencies.

`Unsafe` because one machine holds every authority's keys, and synthetic persons are accepted: for trying and
testing only. A real federation does each step at its own agency with `hutong certs` and `hutong charter`.
"""

from __future__ import annotations

import json
import secrets
import socket
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import tomlkit

import gateway.app
import node.app
from certs import charter_files
from certs.authority import Authority
from certs.charter_drafts import InstallationDraft, KeyDraft, PolicyDraft, installations_toml, policy_toml
from certs.charter_office import CharterOffice, Lifetimes
from certs.signing import charter_signer, load_signing_key, new_signing_key, public_of
from compose.local.layout import (
    GATEWAY,
    MEMBERS,
    NODES,
    NOTIFIERS,
    Layout,
    authority_of,
    client_installation,
    node_installation,
    servers,
)
from compose.local.ownership import MARK
from federation.charter.model import Certification, Member, ProfilePeriod, Release, Undecided
from federation.record.extensions import Extension, ExtensionType
from federation.values import clock
from federation.values.identity import Installation, Kind, MemberId, OrganClass, OrganFunction, Role

PURPOSES = ("case", "public", "defence", "sealed_case", "sealed_provision", "own")
#: Additions to records that the demo and the example of an import use (R22).
EXTENSIONS = (
    Extension("cn.example.moj/file_number", ExtensionType.CODE, frozenset({"case"}), personal=False),
    Extension("cn.example.mps/file", ExtensionType.CODE, frozenset({"case"}), personal=False),
    Extension("cn.example.police/prison_number", ExtensionType.CODE, frozenset({"case"}), personal=False),
    Extension("cn.example.demo/row_problem", ExtensionType.TEXT, frozenset(), personal=True),
)
#: On one machine nobody waits for the next day, and nobody is verified who need not be.
PROFILES = tuple(
    ProfilePeriod(name, effective, Release.UNSAFE_ON_THE_SPOT, Undecided.VERIFY, verified_percent=0)
    for name, effective in (("opinion-2012", date(2012, 5, 10)), ("practice-2022", date(2022, 5, 30)))
)
_ROLES = {
    Kind.NODE: (Role.ANSWERS, Role.WITNESSES),
    Kind.GATEWAY: (Role.INTERCONNECTS, Role.WITNESSES),
    Kind.CLIENT: (Role.ASKS,),
}
_LIFETIMES = Lifetimes(timestamp=timedelta(days=30))


def unsafe_found(layout: Layout) -> None:
    """Create, under `layout.home`, everything that a new local federation needs."""
    layout.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"local-{secrets.token_hex(4)}"
    now = clock.now()
    authorities = {}
    for member in (m for m in MEMBERS if authority_of(m) == m):
        authorities[member] = Authority.create(MemberId(member), name, now=now)
        authorities[member].save(layout.authority(member))
        new_signing_key(layout.authority(member) / "charter.key")
    for agency in NODES:
        new_signing_key(layout.authority(agency) / "root.key")
    new_signing_key(layout.authority("interconnect") / "publisher.key")
    installations = [*servers(), *(client_installation(member) for member in MEMBERS)]
    for installation in installations:
        _equip(layout, installation, authorities[authority_of(installation.member)], name, now)
    endpoints = {
        str(s): f"localhost:{port}" for s, port in zip(servers(), free_ports(len(servers())), strict=True)
    }
    _charter(layout, name, authorities, installations, endpoints, now)
    for server in servers():
        _settle(layout, server, endpoints[str(server)])


def office(layout: Layout) -> CharterOffice:
    """Return the office that publishes the local charter."""
    key = load_signing_key(layout.authority("interconnect") / "publisher.key")
    return CharterOffice(layout.charter, charter_signer(key), lifetimes=_LIFETIMES)


def demand_mandates(layout: Layout) -> None:
    """Have windows ask for others under approved applications alone, as a federation that is founded for use does."""
    keys = [load_signing_key(layout.authority(agency) / "root.key") for agency in NODES]
    office(layout).amend_policy(
        lambda policy: charter_files.with_windows_needing_mandate(policy, True),
        [charter_signer(key) for key in keys[:3]],
    )


def certify_officers(layout: Layout) -> None:
    """Have the officers of every agency certified by its node, as in a federation that is founded for use.

    Each agency's officers are registered first: until then nobody of it asks.
    """
    for agency in NODES:
        key = load_signing_key(layout.authority(agency) / "charter.key")
        office(layout).republish(
            MemberId(agency),
            partial(
                charter_files.with_certified_officers, member=agency, certified=Certification(clock.now())
            ),
            charter_signer(key),
        )


def move(layout: Layout, server: Installation, endpoint: str) -> None:
    """Publish another endpoint for `server`, signed by its own authority alone."""
    key = load_signing_key(layout.authority(server.member) / "charter.key")
    office(layout).republish(
        server.member,
        lambda content: charter_files.with_endpoint(content, server, endpoint),
        charter_signer(key),
    )
    _settle(layout, server, endpoint)


def insist_listening(layout: Layout, server: Installation, endpoint: str) -> None:
    """Write a server's settings again if they name another port, because a move was interrupted before that."""
    settings = tomlkit.parse((layout.server(server) / "settings.toml").read_text("utf-8"))
    if settings.get("listen") != _listen(endpoint):
        _settle(layout, server, endpoint)


def _listen(endpoint: str) -> str:
    return endpoint.replace("localhost", "127.0.0.1")


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that nobody listens on now."""
    taken = [socket.socket() for _ in range(count)]
    try:
        for each in taken:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in taken]
    finally:
        for each in taken:
            each.close()


def _equip(layout: Layout, who: Installation, authority: Authority, name: str, now: datetime) -> None:
    folder = layout.folder(who)
    leaf = authority.issue(
        who, name, not_before=now - timedelta(minutes=5), not_after=now + timedelta(days=365)
    )
    leaf.write(folder / "tls.pem", folder / "tls.key")
    new_signing_key(folder / "signing.key")


def _charter(
    layout: Layout,
    name: str,
    authorities: dict[str, Authority],
    installations: list[Installation],
    endpoints: dict[str, str],
    now: datetime,
) -> None:
    policy = PolicyDraft(
        federation=name,
        members=[
            Member(MemberId(m), title, OrganClass(organ_class), MemberId(authority_of(m)), _functions(m))
            for m, (organ_class, title) in MEMBERS.items()
        ],
        authorities={MemberId(m): a.pem for m, a in authorities.items()},
        purposes={purpose: [MemberId(agency) for agency in NODES] for purpose in PURPOSES},
        profiles=PROFILES,
        extensions=EXTENSIONS,
        unsafe_windows_ask_directly=True,
    )

    def draft(who: Installation) -> InstallationDraft:
        roles = (Role.NOTIFIES,) if who.member in NOTIFIERS else _ROLES[who.kind]
        if who.member == "court":
            roles = (*roles, Role.NOTIFIES)
        if who.kind is Kind.CLIENT and who.member in NODES:
            roles = (*roles, Role.REGISTERS)
        public = public_of(load_signing_key(layout.folder(who) / "signing.key"))
        key = KeyDraft(public, roles, now - timedelta(minutes=5), now + timedelta(days=365))
        return InstallationDraft(who, (key,), endpoints.get(str(who), ""))

    roots = {
        MemberId(agency): charter_signer(load_signing_key(layout.authority(agency) / "root.key"))
        for agency in NODES
    }
    office(layout).found(
        policy_toml(policy),
        {
            MemberId(m): installations_toml(
                m, [draft(i) for i in installations if authority_of(i.member) == m], certified=None
            )
            for m in authorities
        },
        agencies={agency: signer.public_key for agency, signer in roots.items()},
        signers=list(roots.values())[:3],
        authorities={
            MemberId(m): charter_signer(load_signing_key(layout.authority(m) / "charter.key"))
            for m in authorities
        },
    )


def _functions(member: str) -> frozenset[OrganFunction]:
    if member == GATEWAY.member:
        return frozenset({OrganFunction.INTERCONNECT})
    return frozenset({OrganFunction(NOTIFIERS[member][0])}) if member in NOTIFIERS else frozenset()


def _settle(layout: Layout, server: Installation, endpoint: str) -> None:
    """Write a server's settings file and make its secret keys."""
    folder = layout.server(server)
    settings = {
        "listen": _listen(endpoint),
        "charter": str(layout.charter),
        "charter_root": str(layout.root),
        "installation": str(server),
        "certificate": str(folder / "tls.pem"),
        "key": str(folder / "tls.key"),
        "signing_key": str(folder / "signing.key"),
        "unsafe_allow_synthetic": True,
        "charter_every_s": 1.0,
    }
    scratch = folder / "settings.new"
    scratch.write_text(tomlkit.dumps(settings), "utf-8")
    scratch.replace(folder / "settings.toml")
    (gateway.app if server == GATEWAY else node.app).init(folder)


def describe(layout: Layout, name: str, endpoints: dict[str, str], pids: dict[str, int]) -> dict[str, object]:
    """Write `federation.json` and return its content."""

    def ca(member: str) -> str:
        return str(layout.authority(member) / "ca.pem")

    def member(m: str) -> dict[str, str]:
        folder: Path = layout.client(m)
        return {
            "class": MEMBERS[m][0],
            "installation": str(client_installation(m)),
            "ca": ca(authority_of(m)),
            "cert": str(folder / "tls.pem"),
            "key": str(folder / "tls.key"),
            "signing_key": str(folder / "signing.key"),
            "officers": str(layout.officers(m)),
        }

    description: dict[str, object] = {
        "written_by": MARK,
        "federation": name,
        "charter": str(layout.charter),
        "charter_root": str(layout.root),
        "gateway": {
            "name": GATEWAY.name,
            "endpoint": endpoints[str(GATEWAY)],
            "ca": ca("interconnect"),
            "pid": pids.get(str(GATEWAY), 0),
        },
        "nodes": {
            NODES[agency]: {
                "endpoint": endpoints[str(node_installation(agency))],
                "ca": ca(agency),
                "pid": pids.get(str(node_installation(agency)), 0),
                "agency": agency,
            }
            for agency in NODES
        },
        "members": {m: member(m) for m in MEMBERS},
    }
    scratch = layout.description.with_suffix(".new")
    scratch.write_text(json.dumps(description, ensure_ascii=False, indent=2) + "\n", "utf-8")
    scratch.replace(layout.description)
    return description
