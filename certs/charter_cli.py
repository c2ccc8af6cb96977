"""`hutong charter`: look at the charter, check it, keep it fresh, change an installation's state."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from securesystemslib.signer import CryptoSigner

from certs.charter_files import (
    with_opened_seal,
    with_state,
    with_windows_needing_mandate,
    without_opened_seals,
)
from certs.commands import (
    FILE,
    FOLDER,
    INSTALLATION,
    TellingGroup,
    authority_key_option,
    json_option,
    office,
    published_option,
    publisher_option,
    tell,
)
from certs.printing import write_json
from certs.signing import charter_signer, load_signing_key
from federation.charter.envelope import Signer, make_statement
from federation.charter.load import DirectoryFetcher, Loaded, load
from federation.charter.model import State
from federation.charter.openings import DESTINATION, METHOD, opening_violations
from federation.client.description import fingerprint
from federation.errors import InvalidRequest
from federation.evidence.view import envelope_json, read_envelope
from federation.law.bases import SEALED_BY
from federation.v1.opening_pb2 import SealOpening
from federation.values.clock import now, stamp
from federation.values.identity import Installation, MemberId

root_option = click.option(
    "--root", type=FILE, required=True, help="The root metadata, received out of band."
)
state_option = click.option(
    "--state",
    type=FOLDER,
    help="Keeps the newest versions seen; without it, a rollback goes unseen.",
)

policy_keys_option = click.option(
    "--policy-key",
    "policy_keys",
    type=FILE,
    multiple=True,
    required=True,
    help="Key with which an agency signs the policy (its share of the root); three of four are needed.",
)


@click.group(cls=TellingGroup)
def charter() -> None:
    """The charter: who the members are and which keys speak for them."""


@charter.command()
@published_option
@root_option
@state_option
@json_option
def verify(published: Path, root: Path, state: Path | None, as_json: bool) -> None:
    """Check the published charter against the pinned root; exit code 1 when it may not be relied on."""
    summary = _summary(_load(published, root, state))
    tell(summary | {"root_sha256": fingerprint(root.read_bytes())}, as_json=as_json)


@charter.command()
@published_option
@root_option
@state_option
@json_option
def show(published: Path, root: Path, state: Path | None, as_json: bool) -> None:
    """Show members, installations and purposes, after checking them."""
    loaded = _load(published, root, state)
    agreed = loaded.charter
    facts = _summary(loaded) | {f"purpose {name}": agencies for name, agencies in agreed.purposes.items()}
    facts |= {
        f"revoked by {name}": [f"{n:x}" for n in sorted(serials)] for name, serials in agreed.revoked.items()
    }
    facts["windows need a mandate"] = "yes" if agreed.windows_need_mandate else "no"
    for member in agreed.members.values():
        facts[f"member {member.id}"] = f"{member.title} ({member.organ_class}), vouched by {member.authority}"
    endpoints = {node.installation: node.endpoint for node in agreed.nodes}
    endpoints |= {gateway.installation: gateway.endpoint for gateway in agreed.gateways}
    for who, entry in agreed.installations.items():
        roles = "+".join(sorted({role for key in entry.keys for role in key.roles}))
        facts[str(who)] = " ".join(filter(None, (str(entry.state), roles, endpoints.get(who, ""))))
    tell(facts, as_json=as_json)


@charter.command()
@published_option
@publisher_option
@json_option
def refresh(published: Path, publisher_key: Path, as_json: bool) -> None:
    """Vouch again that the charter is fresh; run it several times in each timestamp's life."""
    agreed = office(published, publisher_key).refresh()
    tell({"charter_version": agreed.version, "digest": agreed.digest}, as_json=as_json)


@charter.command("set-state")
@click.argument("installation", type=INSTALLATION)
@click.argument("state", type=click.Choice([str(state) for state in State]))
@click.option("--authority", help="The agency that vouches, when it is not the member itself.")
@authority_key_option
@published_option
@publisher_option
@json_option
def set_state(
    installation: Installation,
    state: str,
    authority: str | None,
    authority_key: Path,
    published: Path,
    publisher_key: Path,
    as_json: bool,
) -> None:
    """Put INSTALLATION in STATE; its authority signs alone."""
    agreed = office(published, publisher_key).republish(
        MemberId(authority or installation.member),
        lambda content: with_state(content, installation, State(state)),
        charter_signer(load_signing_key(authority_key)),
    )
    facts = {"installation": str(installation), "state": state, "charter_version": agreed.version}
    tell(facts, as_json=as_json)


@charter.command("sign-opening")
@click.argument("basis")
@click.argument("rule", type=click.Choice(sorted(map(str, SEALED_BY))))
@click.option("--because", required=True, help="Why the provision is a state provision that needs it (A10).")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day.")
@click.option("--officer", envvar="HUTONG_OFFICER", required=True, help="Who signs: a natural person.")
@click.option("--installation", type=INSTALLATION, required=True, help="The client that signs.")
@click.option("--signing-key", type=FILE, required=True, help="Its signing key, in the charter to register.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@published_option
@root_option
@json_option
def sign_opening(
    basis: str,
    rule: str,
    because: str,
    since: datetime,
    officer: str,
    installation: Installation,
    signing_key: Path,
    out: Path,
    published: Path,
    root: Path,
    as_json: bool,
) -> None:
    """Sign, as one of two officers, that BASIS opens the seal of RULE; opens nothing by itself."""
    agreed = _load(published, root, None).charter
    text = SealOpening(basis=basis, rule=rule, because=because, since=since.date().isoformat())
    violations = opening_violations(text)
    if violations:
        raise InvalidRequest(violations)
    envelope = make_statement(
        signer=Signer.load(signing_key, installation),
        federation=agreed.federation,
        method=METHOD,
        destination=DESTINATION,
        officer=officer,
        body=text.SerializeToString(deterministic=True),
        charter_version=agreed.version,
        now=now(),
    )
    write_json(out, envelope_json(envelope))
    tell({"basis": basis, "rule": rule, "officer": officer, "statement": str(out)}, as_json=as_json)


@charter.command("open-seal")
@click.argument("statements", type=FILE, nargs=2)
@policy_keys_option
@published_option
@publisher_option
@json_option
def open_seal(
    statements: tuple[Path, Path],
    policy_keys: tuple[Path, ...],
    published: Path,
    publisher_key: Path,
    as_json: bool,
) -> None:
    """Open a seal by the STATEMENTS of two officers; the agencies sign the policy that carries them."""
    envelopes = [read_envelope(json.loads(each.read_bytes())) for each in statements]
    agreed = office(published, publisher_key).amend_policy(
        lambda content: with_opened_seal(content, envelopes), _signers(policy_keys)
    )
    opening = agreed.opened_seals[-1]
    tell(
        {
            "basis": opening.basis,
            "rule": opening.rule,
            "because": opening.because,
            "since": opening.since.isoformat(),
            "officers": [f"{officer} ({who})" for officer, who in opening.officers],
            "charter_version": agreed.version,
        },
        as_json=as_json,
    )


@charter.command("close-seals")
@policy_keys_option
@published_option
@publisher_option
@json_option
def close_seals(policy_keys: tuple[Path, ...], published: Path, publisher_key: Path, as_json: bool) -> None:
    """Close every seal to every provision again; the agencies sign."""
    agreed = office(published, publisher_key).amend_policy(without_opened_seals, _signers(policy_keys))
    tell({"opened_seals": [], "charter_version": agreed.version}, as_json=as_json)


@charter.command("windows-need-mandate")
@click.argument("chosen", type=click.Choice(["yes", "no"]))
@policy_keys_option
@published_option
@publisher_option
@json_option
def windows_need_mandate(
    chosen: str, policy_keys: tuple[Path, ...], published: Path, publisher_key: Path, as_json: bool
) -> None:
    """Let windows ask for others under an approved application only, or also without one; the agencies sign."""
    wanted = chosen == "yes"
    agreed = office(published, publisher_key).amend_policy(
        lambda policy: with_windows_needing_mandate(policy, wanted), _signers(policy_keys)
    )
    tell({"windows_need_mandate": wanted, "charter_version": agreed.version}, as_json=as_json)


def _signers(paths: tuple[Path, ...]) -> list[CryptoSigner]:
    return [charter_signer(load_signing_key(path)) for path in paths]


def _load(published: Path, root: Path, state: Path | None) -> Loaded:
    with tempfile.TemporaryDirectory() as scratch:
        return load(DirectoryFetcher(published), state or Path(scratch), root.read_bytes(), at=now())


def _summary(loaded: Loaded) -> dict[str, Any]:
    return {
        "federation": loaded.charter.federation,
        "charter_version": loaded.charter.version,
        "digest": loaded.charter.digest,
        "issued": stamp(loaded.issued),
        "expires": stamp(loaded.expires),
        "expires_first": loaded.expires_first,
    }
