"""`hutong certs issue` and `renew`: certificates for keys whose private halves stay where they were made."""

from __future__ import annotations

from datetime import timedelta
from errno import EEXIST
from os import strerror
from pathlib import Path

import click
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certs.authority import BACKDATED, Authority
from certs.commands import FILE, FOLDER, json_option, load_published, published_option, root_option, tell
from certs.describe import describe, installation_of
from certs.installation_request import read_request
from certs.printing import write_text
from certs.request_files import read_from
from federation.charter.model import Charter, InstallationState
from federation.errors import InvalidRequest
from federation.values.clock import now
from federation.values.identity import Installation

#: Folder beside the authority with a copy of each certificate: it tells which ones a key has.
ISSUED = "issued"

ca_option = click.option("--ca", type=FOLDER, required=True, help="The folder of the member's authority.")
out_option = click.option("--out", type=FOLDER, required=True, help="A folder for tls.pem.")
days_option = click.option("--days", default=90, show_default=True, type=click.IntRange(1, 825))


@click.command()
@click.option("--csr", "request", type=FILE, required=True, help="The request file that init has written.")
@click.option("--federation", required=True, help="The federation's name.")
@ca_option
@out_option
@days_option
@json_option
def issue(request: Path, federation: str, ca: Path, out: Path, days: int, as_json: bool) -> None:
    """Issue a certificate for the installation and key of a request file; the private key stays where it is.

    A key that has one already gets no other by its request file: whether it is still trusted, the charter says.
    """
    asked = read_from(request, read_request)
    authority = Authority.load(ca)
    authority.insist_of(federation)
    _insist_free(out)
    known = _serials_of(asked.tls_key, ca)
    if known:
        raise InvalidRequest.of(
            "csr",
            "RENEWAL",
            f"its key has the certificate {', '.join(f'{each:x}' for each in sorted(known))}, copied to {ca / ISSUED}: "
            "renew that one (hutong certs renew), which asks the charter whether the key is still trusted",
        )
    pem = _issued(authority, asked.tls_key, asked.installation, federation, ca=ca, days=days, out=out)
    facts = {"certificate": str(out / "tls.pem"), "signing_key": asked.signing_key.hex()}
    tell(describe(pem) | facts, as_json=as_json)


@click.command()
@click.argument("certificate", type=FILE)
@ca_option
@out_option
@days_option
@published_option
@root_option
@json_option
def renew(
    certificate: Path, ca: Path, out: Path, days: int, published: Path, root: Path, as_json: bool
) -> None:
    """Issue CERTIFICATE anew, for the same installation and key, if the charter neither revokes nor bars it."""
    authority = Authority.load(ca)
    before = x509.load_pem_x509_certificate(certificate.read_bytes())
    who, key = installation_of(certificate.read_bytes()), before.public_key()
    try:
        before.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        raise InvalidRequest.of("certificate", "ISSUER", f"{ca} has not issued {certificate}") from None
    if who is None or not isinstance(key, ec.EllipticCurvePublicKey):
        raise InvalidRequest.of("certificate", "INSTALLATION", f"{certificate} names no installation")
    charter = load_published(published, root, None).charter
    serials = {before.serial_number} | _serials_of(key, ca)
    _insist_in_good_standing(charter, who, serials)
    pem = _issued(authority, key, who, charter.federation, ca=ca, days=days, out=out)
    tell(describe(pem) | {"certificate": str(out / "tls.pem")}, as_json=as_json)


def _issued(
    authority: Authority,
    key: ec.EllipticCurvePublicKey,
    who: Installation,
    federation: str,
    *,
    ca: Path,
    days: int,
    out: Path,
) -> bytes:
    """Issue a certificate into `out`, and keep a copy of it in `issued/` beside the authority."""
    moment = now()
    until = moment + timedelta(days=days)
    authority.insist_lasts(until, now=moment)
    made = authority.certify(key, who, federation, not_before=moment - BACKDATED, not_after=until)
    pem = made.public_bytes(Encoding.PEM)
    _insist_free(out)
    # The copy comes first: a certificate without one would be missing where revocations are compared.
    for path in (ca / ISSUED / f"{made.serial_number:x}.pem", out / "tls.pem"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, pem.decode(), mode=0o644)
    return pem


def _insist_free(out: Path) -> None:
    """Raise `FileExistsError` where a certificate is there already."""
    if (out / "tls.pem").exists():
        raise FileExistsError(EEXIST, strerror(EEXIST), str(out / "tls.pem"))


def _serials_of(key: ec.EllipticCurvePublicKey, ca: Path) -> set[int]:
    """Return the serial numbers of all certificates that this authority has issued for `key`."""
    issued = [x509.load_pem_x509_certificate(path.read_bytes()) for path in (ca / ISSUED).glob("*.pem")]
    return {each.serial_number for each in issued if each.public_key() == key}


def _insist_in_good_standing(charter: Charter, who: Installation, serials: set[int]) -> None:
    """Raise `InvalidRequest` unless the charter lists the installation, and no certificate of its key is revoked."""
    entry = charter.installations.get(who)
    if entry is None or entry.state is InstallationState.REMOVED:
        raise InvalidRequest.of(
            "certificate", "LISTED", f"the charter does not list {who}: have it join (hutong charter draft)"
        )
    revoked = serials & charter.revoked[charter.members[who.member].authority]
    if revoked:
        raise InvalidRequest.of(
            "certificate",
            "REVOKED",
            f"{', '.join(f'{each:x}' for each in sorted(revoked))} of the same key is revoked: take tls.key out of "
            f"the installation's folder, run its init again, and issue from the request file that it writes",
        )
