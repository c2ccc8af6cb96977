"""`hutong certs`: authorities, certificates, signing keys, revocation."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from certs.authority import CERTIFICATE, Authority
from certs.authority_request import (
    REQUEST,
    insist_authority,
    make_authority_request,
    make_charter_keys,
)
from certs.charter_files import with_revoked, with_state
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
from certs.describe import describe, installation_of, issuing_member_of, serial_of
from certs.issuing_cli import issue, renew
from certs.printing import confirmed
from certs.request_files import write_request
from certs.signing import charter_signer, load_signing_key, new_signing_key
from federation.charter.model import InstallationState
from federation.errors import InvalidRequest
from federation.values.clock import now
from federation.values.identity import Installation, Kind, MemberId, federation_name, member_id
from federation.values.keys import keyid_of

_UNSEEN = "clients cannot see that a server's certificate is revoked, but they check its state"


@click.group(cls=TellingGroup)
def certs() -> None:
    """Certificates and keys: who we are. Private keys are written 0600 and never overwritten."""


@certs.command()
@click.option("--federation", required=True, help="The federation's name, such as hutong.example.")
@click.option("--member", required=True, help="The agency whose authority this is.")
@click.option("--out", type=FOLDER, required=True, help="A folder for ca.pem and ca.key.")
@click.option("--days", default=3650, show_default=True, type=click.IntRange(1, 7300))
@click.option(
    "--root", is_flag=True, help="Also make its share of the charter's root (the founding agencies)."
)
@click.option("--publisher", is_flag=True, help="Also make the key of the charter's publisher.")
@json_option
def authority(
    federation: str, member: str, out: Path, days: int, root: bool, publisher: bool, as_json: bool
) -> None:
    """Make an agency's certificate authority, and the keys with which the agency signs the charter.

    What exists stays. The request file authority.json holds the public halves, for the draft of the charter.
    """
    try:
        federation_name(federation)
    except ValueError as error:
        raise InvalidRequest.of("federation", "FORMAT", str(error)) from None
    try:
        name = member_id(member)
    except ValueError as error:
        raise InvalidRequest.of("member", "FORMAT", str(error)) from None
    if (out / CERTIFICATE).exists():
        insist_authority((out / CERTIFICATE).read_bytes(), name)
    make_charter_keys(out, root=root, publisher=publisher)
    if not (out / CERTIFICATE).exists():
        Authority.create(name, federation, now=now(), days=days).save(out)
    write_request(out / REQUEST, make_authority_request(out, name))
    facts = {"certificate": str(out / CERTIFICATE), "request": str(out / REQUEST)}
    tell(describe((out / CERTIFICATE).read_bytes()) | facts, as_json=as_json)


@certs.command("signing-key")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@json_option
def signing_key(out: Path, as_json: bool) -> None:
    """Make an Ed25519 signing key; its public half belongs in the charter."""
    public = new_signing_key(out)
    tell({"key": str(out), "public": public.hex(), "keyid": keyid_of(public)}, as_json=as_json)


@certs.command()
@click.argument("certificate", type=FILE)
@json_option
def show(certificate: Path, as_json: bool) -> None:
    """Show what a certificate says."""
    tell(describe(certificate.read_bytes()), as_json=as_json)


@certs.command()
@click.argument("certificate", type=FILE, required=False)
@click.option("--serial", help="The serial number in hexadecimal, instead of a certificate.")
@click.option("--installation", "whose", type=INSTALLATION, help="With --serial: whose certificate it is.")
@click.option(
    "--suspend/--no-suspend",
    default=None,
    help="Also put its server in state suspended, which clients check; asked for on a terminal if left out.",
)
@click.option("--authority", "name", required=True, help="The agency that issued it.")
@authority_key_option
@published_option
@publisher_option
@json_option
def revoke(
    certificate: Path | None,
    serial: str | None,
    whose: Installation | None,
    suspend: bool | None,
    name: str,
    authority_key: Path,
    published: Path,
    publisher_key: Path,
    as_json: bool,
) -> None:
    """Revoke a certificate: its authority signs alone, and members refuse it from their next refresh.

    That ends a client's access. Clients cannot see a server's certificate, so its installation must be suspended too;
    --suspend does both in one charter. The server itself stops at its next look at the charter.
    """
    if (certificate is None) == (serial is None):
        raise click.UsageError("name either a CERTIFICATE or a --serial")
    number = serial_of(certificate.read_bytes()) if certificate is not None else int(serial or "", 16)
    whose = installation_of(certificate.read_bytes()) if certificate is not None else whose
    issuer = issuing_member_of(certificate.read_bytes()) if certificate is not None else ""
    if issuer not in ("", name):
        raise InvalidRequest.of(
            "authority",
            "ISSUER",
            f"{issuer} has issued {certificate}, and {name} cannot revoke it: name {issuer}",
        )
    server = whose is None or whose.kind is not Kind.CLIENT
    if suspend and whose is None:
        raise click.UsageError("--suspend needs to know whom: name a CERTIFICATE or the --installation")
    if suspend is None and server and whose is not None and not as_json and sys.stdin.isatty():
        suspend = confirmed(f"{_UNSEEN}. Put {whose} in state suspended too?")

    def edit(content: bytes) -> bytes:
        revoked = with_revoked(content, number)
        return (
            with_state(revoked, whose, InstallationState.SUSPENDED)
            if suspend and whose is not None
            else revoked
        )

    charter = office(published, publisher_key).republish(
        MemberId(name), edit, charter_signer(load_signing_key(authority_key))
    )
    facts = {"revoked": f"{number:x}", "authority": name, "charter_version": charter.version}
    if suspend:
        facts |= {"installation": str(whose), "state": str(InstallationState.SUSPENDED)}
    elif server:
        facts |= {
            "still_open": f"{_UNSEEN}: revoke it again with --suspend, or set {whose or 'its server'} to suspended"
        }
    tell(facts, as_json=as_json)


certs.add_command(issue)
certs.add_command(renew)
