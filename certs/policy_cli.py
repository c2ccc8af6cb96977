"""`hutong charter`: policy changes signed by three of the four agencies: opened seals, mandates of windows, waiting."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from securesystemslib.signer import CryptoSigner

from certs.charter_files import (
    with_opened_seal,
    with_reading,
    with_waiting,
    with_windows_needing_mandate,
    without_opened_seals,
)
from certs.commands import (
    FILE,
    INSTALLATION,
    json_option,
    load_published,
    office,
    published_option,
    publisher_option,
    root_option,
    tell,
)
from certs.printing import write_json
from certs.signing import charter_signer, load_signing_key
from federation.charter.envelope import Signer, make_statement
from federation.charter.model import Release, Undecided
from federation.charter.openings import DESTINATION, METHOD, opening_violations
from federation.client.officer_keys import officer_entry
from federation.client.own_certificate import kept_certificate
from federation.errors import InvalidRequest
from federation.evidence.view import envelope_json, read_envelope, read_json
from federation.law.bases import SEALED_BY
from federation.law.readings import CHOICES
from federation.v1.opening_pb2 import SealOpening
from federation.values.clock import now
from federation.values.identity import Installation

policy_keys_option = click.option(
    "--policy-key",
    "policy_keys",
    type=FILE,
    multiple=True,
    required=True,
    help="Key with which an agency signs the policy (its share of the root); three of four are needed.",
)


@click.command("sign-opening")
@click.argument("basis")
@click.argument("rule", type=click.Choice(sorted(map(str, SEALED_BY))))
@click.option("--because", required=True, help="Why the provision is a state provision that needs it (A10).")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day.")
@click.option("--officer", envvar="HUTONG_OFFICER", required=True, help="Who signs: a natural person.")
@click.option("--installation", type=INSTALLATION, required=True, help="The client that signs.")
@click.option("--signing-key", type=FILE, required=True, help="Its signing key, in the charter to register.")
@click.option(
    "--officers",
    type=click.Path(path_type=Path, file_okay=False),
    help="The window's folder of officers: id, own key, and the certificate of the member's node.",
)
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
    officers: Path | None,
    out: Path,
    published: Path,
    root: Path,
    as_json: bool,
) -> None:
    """Sign, as one of two officers, that BASIS opens the seal of RULE; opens nothing by itself."""
    agreed = load_published(published, root, None).charter
    text = SealOpening(basis=basis, rule=rule, because=because, since=since.date().isoformat())
    violations = opening_violations(text)
    if violations:
        raise InvalidRequest(violations)
    who = officer_entry(officers, officer)
    envelope = make_statement(
        signer=Signer.load(signing_key, installation),
        federation=agreed.federation,
        method=METHOD,
        destination=DESTINATION,
        officer=who.name,
        officer_id=who.id,
        officer_signer=who.signer(installation),
        officer_certificate=kept_certificate(officers, who.id),
        body=text.SerializeToString(deterministic=True),
        charter_version=agreed.version,
        now=now(),
    )
    write_json(out, envelope_json(envelope))
    tell({"basis": basis, "rule": rule, "officer": who.name, "statement": str(out)}, as_json=as_json)


@click.command("open-seal")
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
    envelopes = [read_envelope(read_json(each.read_bytes())) for each in statements]
    agreed = office(published, publisher_key).amend_policy(
        lambda content: with_opened_seal(content, envelopes), signers(policy_keys)
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


@click.command("close-seals")
@policy_keys_option
@published_option
@publisher_option
@json_option
def close_seals(policy_keys: tuple[Path, ...], published: Path, publisher_key: Path, as_json: bool) -> None:
    """Close every seal to every provision again; the agencies sign."""
    agreed = office(published, publisher_key).amend_policy(without_opened_seals, signers(policy_keys))
    tell({"opened_seals": [], "charter_version": agreed.version}, as_json=as_json)


@click.command("windows-need-mandate")
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
        lambda policy: with_windows_needing_mandate(policy, wanted), signers(policy_keys)
    )
    tell({"windows_need_mandate": wanted, "charter_version": agreed.version}, as_json=as_json)


@click.command("set-waiting")
@click.argument("profile")
@click.option(
    "--release", type=click.Choice(list(map(str, Release))), required=True, help="From when they are asked."
)
@click.option(
    "--undecided",
    type=click.Choice(list(map(str, Undecided))),
    required=True,
    help="What becomes of what is withheld then.",
)
@click.option(
    "--verified-percent", "percent", type=click.IntRange(0, 50), required=True, help="Share verified besides."
)
@policy_keys_option
@published_option
@publisher_option
@json_option
def set_waiting(
    profile: str,
    release: str,
    undecided: str,
    percent: int,
    policy_keys: tuple[Path, ...],
    published: Path,
    publisher_key: Path,
    as_json: bool,
) -> None:
    """Say how applications wait for what is withheld under PROFILE (A27); the agencies sign."""
    agreed = office(published, publisher_key).amend_policy(
        lambda policy: with_waiting(policy, profile, Release(release), Undecided(undecided), percent),
        signers(policy_keys),
    )
    facts = {"profile": profile, "release": release, "undecided": undecided, "verified_percent": percent}
    tell(facts | {"charter_version": agreed.version}, as_json=as_json)


def signers(paths: tuple[Path, ...]) -> list[CryptoSigner]:
    """Return the signers of an agency's shares of the root."""
    return [charter_signer(load_signing_key(path)) for path in paths]


@click.command("choose-reading")
@click.argument("name", type=click.Choice(list(CHOICES)))
@click.argument("value", type=click.Choice(sorted({word for words in CHOICES.values() for word in words})))
@click.option("--because", required=True, help="Why this reading; it stands in the charter.")
@policy_keys_option
@published_option
@publisher_option
@json_option
def choose_reading(
    name: str,
    value: str,
    because: str,
    policy_keys: tuple[Path, ...],
    published: Path,
    publisher_key: Path,
    as_json: bool,
) -> None:
    """Choose how a provision that is not settled is read (治安管理处罚法 136); the agencies sign."""
    if value not in CHOICES[name]:
        raise InvalidRequest.of("value", "PSAPL 136", f"{name} is one of {', '.join(CHOICES[name])}")
    agreed = office(published, publisher_key).amend_policy(
        lambda policy: with_reading(policy, name, value, because), signers(policy_keys)
    )
    tell({"reading": name, "value": value, "charter_version": agreed.version}, as_json=as_json)
