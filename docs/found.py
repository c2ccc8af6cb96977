"""Found a federation: `python docs/found.py KEYS PUBLISHED`.

KEYS holds what the agencies brought to the ceremony: per member a folder with `ca.pem`, `charter.key` and, for
each installation, its signing key as `NAME.signing.key`; for each of the four agencies also `root.key`; for the
publisher `interconnect/publisher.key`. Of the installations' keys only the public halves are used. Edit the
tables below first.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import date, timedelta
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from certs.charter_drafts import InstallationDraft, KeyDraft, PolicyDraft, installations_toml, policy_toml
from certs.charter_office import CharterOffice
from certs.signing import charter_signer, load_signing_key, public_of
from federation.charter.model import Certification, Member, ProfilePeriod
from federation.values import clock
from federation.values.identity import Installation, MemberId, OrganClass, OrganFunction, Role

FEDERATION = "hutong.example"
AGENCIES = [MemberId(name) for name in ("police", "state_security", "procuratorate", "justice")]
#: Member, title, class, and the authority that vouches for it.
MEMBERS = [
    Member(MemberId("police"), "公安机关", OrganClass.POLICE, MemberId("police")),
    Member(MemberId("state_security"), "国家安全机关", OrganClass.STATE_SECURITY, MemberId("state_security")),
    Member(MemberId("procuratorate"), "人民检察院", OrganClass.PROCURATORATE, MemberId("procuratorate")),
    Member(MemberId("justice"), "司法行政机关", OrganClass.JUSTICE, MemberId("justice")),
    Member(
        MemberId("interconnect"),
        "互通网关",
        OrganClass.STATE_ORGAN,
        MemberId("interconnect"),
        frozenset({OrganFunction.INTERCONNECT}),
    ),
]
#: Installation, what its key may sign for, and where it is reached (clients: nowhere).
INSTALLATIONS = [
    ("police/node/police-1", (Role.ANSWERS, Role.WITNESSES), "localhost:7401"),
    ("state_security/node/state-security-1", (Role.ANSWERS, Role.WITNESSES), "localhost:7402"),
    ("procuratorate/node/procuratorate-1", (Role.ANSWERS, Role.WITNESSES), "localhost:7403"),
    ("justice/node/justice-1", (Role.ANSWERS, Role.WITNESSES), "localhost:7404"),
    ("interconnect/gateway/gateway-1", (Role.INTERCONNECTS, Role.WITNESSES), "localhost:7400"),
    ("police/client/window-1", (Role.ASKS, Role.REGISTERS), ""),
    ("interconnect/client/window-1", (), ""),
]
PURPOSES = ("case", "public", "defence", "sealed_case", "sealed_provision", "own")
PROFILES = (
    ProfilePeriod("opinion-2012", date(2012, 5, 10)),
    ProfilePeriod("practice-2022", date(2022, 5, 30)),
)
KEY_DAYS = 365


def main(keys: Path, published: Path) -> None:
    """Sign and publish the first charter."""
    now = clock.now()

    def signer(name: str) -> CryptoSigner:
        return charter_signer(load_signing_key(keys / name))

    def draft(name: str, roles: tuple[Role, ...], endpoint: str) -> InstallationDraft:
        who = Installation.parse(name)
        public = public_of(load_signing_key(keys / who.member / f"{who.name}.signing.key"))
        key = KeyDraft(public, roles, now, now + timedelta(days=KEY_DAYS))
        return InstallationDraft(who, (key,), endpoint)

    drafts = [draft(*row) for row in INSTALLATIONS]
    roots = {agency: signer(f"{agency}/root.key") for agency in AGENCIES}
    policy = PolicyDraft(
        federation=FEDERATION,
        members=MEMBERS,
        authorities={m.authority: (keys / m.authority / "ca.pem").read_bytes() for m in MEMBERS},
        purposes=dict.fromkeys(PURPOSES, AGENCIES),
        profiles=PROFILES,
    )
    charter = CharterOffice(published, signer("interconnect/publisher.key")).found(
        policy_toml(policy),
        {
            m.id: installations_toml(
                m.id, [d for d in drafts if d.installation.member == m.id], certified=Certification(now)
            )
            for m in MEMBERS
        },
        agencies={agency: root.public_key for agency, root in roots.items()},
        signers=list(roots.values())[:3],
        authorities={m.authority: signer(f"{m.authority}/charter.key") for m in MEMBERS},
    )
    root = (published / "metadata" / "1.root.json").read_bytes()
    print(f"{charter.federation}: charter version {charter.version}, digest {charter.digest}")
    print(f"root SHA-256, for everybody to compare: {hashlib.sha256(root).hexdigest()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
