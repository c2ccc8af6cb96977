"""`hutong charter`: draft, sign, publish, show, verify and refresh the charter; change a state, amend the policy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from certs.charter_files import (
    with_certified_officers,
    with_state,
)
from certs.commands import (
    FOLDER,
    INSTALLATION,
    TellingGroup,
    authority_key_option,
    json_option,
    load_published,
    office,
    published_option,
    publisher_option,
    root_option,
    tell,
)
from certs.draft_cli import draft, publish, sign
from certs.due import due, ends_of
from certs.extension_cli import declare_extension, drop_extension
from certs.policy_cli import (
    choose_reading,
    close_seals,
    open_seal,
    set_waiting,
    sign_opening,
    windows_need_mandate,
)
from certs.signing import charter_signer, load_signing_key
from federation.charter.installations import LONGEST_LIFE, SHORTEST_LIFE
from federation.charter.load import Loaded
from federation.charter.model import Certification, InstallationState
from federation.client.description import fingerprint
from federation.record.extensions import Declarations
from federation.values.clock import now, stamp
from federation.values.identity import Installation, MemberId

state_option = click.option(
    "--state",
    type=FOLDER,
    help="Keeps the newest versions seen; without it, a rollback goes unseen.",
)


def _minutes(life: timedelta) -> int:
    return int(life.total_seconds()) // 60


@click.group(cls=TellingGroup)
def charter() -> None:
    """The charter: who the members are and which keys speak for them."""


@charter.command()
@published_option
@root_option
@state_option
@json_option
def verify(published: Path, root: Path, state: Path | None, as_json: bool) -> None:
    """Check the published charter against the pinned root; exit code 1 when it may not be relied on.

    It also lists when each part ends, and what is past half of its time, so that it is renewed early.
    """
    loaded = load_published(published, root, state)
    summary = _summary(loaded) | {"root_sha256": fingerprint(root.read_bytes())}
    summary |= {f"{role} ends": stamp(ends) for role, ends in ends_of(loaded).items()}
    tell(summary | {"due": due(loaded, at=now())}, as_json=as_json)


@charter.command()
@published_option
@root_option
@state_option
@json_option
def show(published: Path, root: Path, state: Path | None, as_json: bool) -> None:
    """Show members, installations and purposes, after checking them."""
    loaded = load_published(published, root, state)
    agreed = loaded.charter
    facts = _summary(loaded) | {f"purpose {name}": agencies for name, agencies in agreed.purposes.items()}
    facts |= {
        f"revoked by {name}": [f"{n:x}" for n in sorted(serials)] for name, serials in agreed.revoked.items()
    }
    facts |= {
        f"former authority {name} counts until": stamp(former.until)
        for name, former in agreed.former_authorities.items()
    }
    facts["windows need a mandate"] = "yes" if agreed.needs_mandates else "no"
    for of, certified in agreed.officers_certified.items():
        minutes = _minutes(certified.life)
        facts[f"officers of {of} certified since"] = f"{stamp(certified.since)}, each for {minutes} minutes"
    facts |= _declared(agreed.extensions)
    facts["public-order records are sealed from"] = str(agreed.readings.public_order_sealed_from)
    facts["certificates of no violations"] = "yes" if agreed.readings.violation_certificates else "no"
    for profile in agreed.profiles:
        waits = (
            f"release {profile.release}, undecided {profile.undecided}, {profile.verified_percent} % verified"
        )
        facts[f"profile {profile.name}"] = f"from {profile.effective}; {waits}"
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
@click.argument("state", type=click.Choice([str(state) for state in InstallationState]))
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
        lambda content: with_state(content, installation, InstallationState(state)),
        charter_signer(load_signing_key(authority_key)),
    )
    facts = {"installation": str(installation), "state": state, "charter_version": agreed.version}
    tell(facts, as_json=as_json)


@charter.command("certify-officers")
@click.argument("member")
@click.argument("chosen", type=click.Choice(["yes", "no"]))
@click.option(
    "--life",
    "minutes",
    type=click.IntRange(_minutes(SHORTEST_LIFE), _minutes(LONGEST_LIFE)),
    default=60,
    show_default=True,
    help="Minutes that a certificate holds: so long is an officer who was removed believed elsewhere.",
)
@click.option("--authority", help="The agency that vouches, when it is not the member itself.")
@authority_key_option
@published_option
@publisher_option
@json_option
def certify_officers(
    member: str,
    chosen: str,
    minutes: int,
    authority: str | None,
    authority_key: Path,
    published: Path,
    publisher_key: Path,
    as_json: bool,
) -> None:
    """From now on, MEMBER's officers need a certificate of its node; its authority signs alone."""
    certified = Certification(now(), timedelta(minutes=minutes)) if chosen == "yes" else None
    agreed = office(published, publisher_key).republish(
        MemberId(authority or member),
        lambda content: with_certified_officers(content, member, certified),
        charter_signer(load_signing_key(authority_key)),
    )
    since = stamp(certified.since) if certified else ""
    tell(
        {"member": member, "officers_certified_since": since, "charter_version": agreed.version},
        as_json=as_json,
    )


def _declared(extensions: Declarations) -> dict[str, str]:
    """Return a line for each addition to records that may be entered."""
    if extensions.declared is None:
        return {"additions to records": "none declared: any may be entered"}
    facts = {"additions to records": "those declared here"}
    for each in extensions.declared.values():
        seen = ", ".join(sorted(each.shown_to)) or "the holder alone"
        facts[f"addition {each.name}"] = (
            f"{each.type}, {'personal' if each.personal else 'not personal'}: {seen}"
        )
    return facts


def _summary(loaded: Loaded) -> dict[str, Any]:
    return {
        "federation": loaded.charter.federation,
        "charter_version": loaded.charter.version,
        "digest": loaded.charter.digest,
        "issued": stamp(loaded.issued),
        "expires": stamp(loaded.expires),
        "expires_first": loaded.expires_first,
    }


for _command in (
    draft,
    sign,
    publish,
    sign_opening,
    open_seal,
    close_seals,
    windows_need_mandate,
    declare_extension,
    drop_extension,
    choose_reading,
    set_waiting,
):
    charter.add_command(_command)
