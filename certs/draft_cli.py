"""`hutong charter draft`, `sign` and `publish`: found and change a charter, each agency with its own keys."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from certs.charter_checking import insist_sound
from certs.charter_differences import differences
from certs.charter_draft import Base, CharterDraft
from certs.charter_drafting import authority_keys
from certs.charter_plan import read_plan
from certs.charter_planning import draft_of
from certs.charter_signatures import Signatures
from certs.commands import (
    FILE,
    FOLDER,
    json_option,
    load_published,
    office,
    published_option,
    publisher_option,
    tell,
)
from certs.printing import confirmed, echo, echo_json, write_json
from certs.root_change import keys_of
from certs.signing import charter_signer, load_signing_key
from federation.client.description import fingerprint
from federation.errors import Corrupt, InvalidRequest
from federation.evidence.view import read_json
from federation.values.clock import now

NEW_FILE = click.Path(dir_okay=False, path_type=Path)
#: The charter that a draft changes; both are left out where one is founded.
base_published_option = click.option(
    "--published", type=FOLDER, help="The published charter that is changed."
)
base_root_option = click.option("--root", type=FILE, help="The root metadata, received out of band.")
expired_option = click.option(
    "--expired",
    is_flag=True,
    help="The charter that is changed may have run out: it is renewed, and nothing else.",
)


@click.command()
@click.argument("plan", type=FILE)
@click.option("--out", type=NEW_FILE, required=True, help="File for the draft, which every signer gets.")
@base_published_option
@base_root_option
@expired_option
@json_option
def draft(
    plan: Path, out: Path, published: Path | None, root: Path | None, expired: bool, as_json: bool
) -> None:
    """Draft what PLAN says: a new charter, or with --published and --root a change of one. It holds nothing secret."""
    base = _base(published, root, expired=expired)
    made = draft_of(read_plan(plan, now=now()), base, now=now())
    _insist_renewal(made, base, expired=expired)
    _send(out, made.document())
    _show(made, base, as_json=as_json, more={"file": str(out)})


@click.command()
@click.argument("draft_file", metavar="DRAFT", type=FILE)
@click.option(
    "--key", "keys", type=FILE, multiple=True, required=True, help="charter.key or root.key; repeat it."
)
@click.option(
    "--out", type=NEW_FILE, required=True, help="File for the signatures, which whoever publishes gets."
)
@click.option("--yes", is_flag=True, help="You have read what changes; do not ask.")
@base_published_option
@base_root_option
@expired_option
@json_option
def sign(
    draft_file: Path,
    keys: tuple[Path, ...],
    out: Path,
    yes: bool,
    published: Path | None,
    root: Path | None,
    expired: bool,
    as_json: bool,
) -> None:
    """Show what DRAFT changes, ask, and sign the parts for which these keys are. The keys stay where they are."""
    base, read = _base(published, root, expired=expired), _read_draft(draft_file)
    _insist_renewal(read, base, expired=expired)
    insist_sound(read, base, now=now())
    signatures = Signatures.make(read, base, [charter_signer(load_signing_key(key)) for key in keys])
    if not yes:
        _show(read, base, as_json=as_json, more={})
        if as_json or not sys.stdin.isatty():
            raise InvalidRequest.of(
                "yes",
                "READ_FIRST",
                "this is what changes, and nothing is signed yet: look at it, then sign with --yes",
            )
        if not confirmed("Sign this?"):
            raise click.Abort
    _send(out, signatures.document())
    _show(read, base, as_json=as_json, more={"signed": sorted(signatures.by_role), "signatures": str(out)})


@click.command()
@click.argument("draft_file", metavar="DRAFT", type=FILE)
@click.argument("signature_files", metavar="SIGNATURES...", type=FILE, nargs=-1, required=True)
@published_option
@publisher_option
@json_option
def publish(
    draft_file: Path, signature_files: tuple[Path, ...], published: Path, publisher_key: Path, as_json: bool
) -> None:
    """Publish DRAFT with the SIGNATURES of enough agencies, in any order."""
    signatures = [Signatures.read(_json(path, "signatures"), path.name) for path in signature_files]
    at = office(published, publisher_key)
    agreed = at.publish(_read_draft(draft_file), signatures)
    facts = {"federation": agreed.federation, "charter_version": agreed.version, "digest": agreed.digest}
    tell(facts | {"root_sha256": fingerprint(at.root_path.read_bytes())}, as_json=as_json)


def _send(out: Path, document: dict[str, Any]) -> None:
    """Write a draft or signatures for others to read; raises `InvalidRequest` rather than replace a plan or a key."""
    if out.is_file():
        with out.open("rb") as file:
            replaceable = file.read(1) in (b"", b"{")
        if not replaceable:
            raise InvalidRequest.of("out", "EXISTS", f"{out} holds something else: choose another file")
    write_json(out, document, indent=1)
    out.chmod(0o644)


def _insist_renewal(draft: CharterDraft, base: Base, *, expired: bool) -> None:
    """Raise `InvalidRequest` for a change of a charter that may have run out, for a later one may be in force."""
    if expired and (
        draft.files
        or authority_keys(draft.targets(base)) != authority_keys(base.targets)
        or keys_of(draft.root(base)) != keys_of(base.root)
    ):
        raise InvalidRequest.of(
            "expired",
            "RENEWAL",
            "a charter that has run out is renewed first: plan [[renewals]] and nothing else",
        )


def _base(published: Path | None, root: Path | None, *, expired: bool) -> Base:
    if published is None and root is None:
        return Base()
    if published is None or root is None:
        raise InvalidRequest.of(
            "published", "BASE", "a change needs --published and --root, a founding neither"
        )
    return Base.of(load_published(published, root, None, expired=expired))


def _read_draft(path: Path) -> CharterDraft:
    return CharterDraft.read(_json(path, "draft"))


def _json(path: Path, field: str) -> object:
    try:
        return read_json(path.read_bytes())
    except Corrupt as error:
        raise InvalidRequest.of(field, "FORMAT", f"{path}: {error.message}") from None


def _show(draft: CharterDraft, base: Base, *, as_json: bool, more: dict[str, Any]) -> None:
    """Print what a draft changes, who must sign it, and what else there is to say."""
    found = differences(draft, base)
    needed = {
        role: f"{threshold} of {', '.join(sorted(keys))}"
        for role, (keys, threshold) in draft.signers(base).items()
    }
    former = draft.former_signers(base)
    if former is not None:
        needed["root, by the root in force"] = f"{former[1]} of {', '.join(sorted(former[0]))}"
    facts = {"draft": draft.digest, "changes_charter": base.version, "must_sign": needed, **more}
    if as_json:
        listed = [{"fact": each.fact, "before": each.before, "after": each.after} for each in found]
        echo_json(facts | {"differences": listed})
        return
    for each in found:
        echo(each.line)
    tell({**{k: v for k, v in facts.items() if k != "must_sign"}}, as_json=False)
    for role, who in needed.items():
        echo(f"must sign {role}: {who}")
