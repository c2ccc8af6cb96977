"""Identity of the peer: the certificate of the handshake, checked against the charter on every call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import grpc
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from federation.charter.model import Charter, InstallationState, Member
from federation.charter.trust import CharterTrust
from federation.errors import PermissionDenied, Unauthenticated
from federation.values.clock import now as wall_clock
from federation.values.clock import stamp
from federation.values.identity import Installation

_CACHED = 4096


@dataclass(frozen=True)
class _Peer:
    installation: Installation
    not_before: datetime
    not_after: datetime


class PeerVerifier:
    """Turns the peer's certificate into an `Installation`, once per certificate and charter.

    The handshake accepts any authority of the federation; here the leaf is checked again against the one
    authority that may vouch for the member it names. `verify` is cheap enough for each page of a stream, so a
    revocation takes effect with the next charter even on a connection that is already open.
    """

    def __init__(self, trust: CharterTrust, now: Callable[[], datetime] = wall_clock) -> None:
        self._trust, self._now = trust, now
        self._known: tuple[Charter | None, dict[bytes, _Peer]] = (None, {})

    def verify(self, context: grpc.ServicerContext) -> Installation:
        """Return the caller; raises `Unauthenticated`, `PermissionDenied` or `CharterUnusable`."""
        certificates = context.auth_context().get("x509_pem_cert")
        if not certificates:
            raise Unauthenticated("no client certificate was shown", reason="NO_CERTIFICATE")
        return self.verify_certificate(bytes(certificates[0]))

    def verify_certificate(self, pem: bytes) -> Installation:
        """Return the installation that the certificate `pem` proves, as `verify` does."""
        charter, now = self._trust.current(), self._now()
        known_under, known = self._known
        if known_under is not charter or len(known) > _CACHED:
            known = {}
            self._known = (charter, known)
        peer = known.get(pem)
        if peer is None:
            peer = known[pem] = identify(pem, charter)
        if not peer.not_before <= now < peer.not_after:
            raise Unauthenticated(
                f"the certificate of {peer.installation} is valid from {stamp(peer.not_before)} "
                f"until {stamp(peer.not_after)}",
                reason="CERTIFICATE_EXPIRED",
            )
        return peer.installation


def identify(pem: bytes, charter: Charter) -> _Peer:
    """Return the installation that the certificate names, if by the charter its issuer may vouch for it.

    Checks everything except the validity period, which depends on the moment.
    """
    try:
        leaf = x509.load_pem_x509_certificate(pem)
        installation = _named(leaf, charter)
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as error:
        raise Unauthenticated(
            f"the certificate lacks an extension: {error}", reason="BAD_CERTIFICATE"
        ) from error
    except ValueError as error:
        raise Unauthenticated(f"the certificate cannot be read: {error}", reason="BAD_CERTIFICATE") from error
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise Unauthenticated("the certificate is not for clients (EKU)", reason="WRONG_KEY_USAGE")
    member = charter.members.get(installation.member)
    if member is None:
        raise Unauthenticated(f"{installation.member} is no member", reason="UNKNOWN_MEMBER")
    ends = _vouched_until(leaf, charter, member, installation)
    if leaf.serial_number in charter.revoked.get(member.authority, frozenset()):
        raise Unauthenticated(f"the certificate of {installation} is revoked", reason="CERTIFICATE_REVOKED")
    entry = charter.installations.get(installation)
    if entry is None:
        raise PermissionDenied(f"the charter lists no {installation}", reason="UNKNOWN_INSTALLATION")
    if entry.state in (InstallationState.SUSPENDED, InstallationState.REMOVED):
        raise PermissionDenied(f"{installation} is {entry.state}", reason="INSTALLATION_NOT_ACTIVE")
    return _Peer(installation, leaf.not_valid_before_utc, min(leaf.not_valid_after_utc, ends))


def _vouched_until(
    leaf: x509.Certificate, charter: Charter, member: Member, installation: Installation
) -> datetime:
    """Return until when the authority that issued the certificate counts as the member's; raises `Unauthenticated`."""
    for pem, until in charter.issuers(member.authority):
        try:
            leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(pem))
        except (InvalidSignature, ValueError, TypeError):
            continue
        return leaf.not_valid_after_utc if until is None else until
    raise Unauthenticated(
        f"the certificate names {installation}, for whom only the authority {member.authority} may vouch",
        reason="WRONG_AUTHORITY",
    )


def _named(leaf: x509.Certificate, charter: Charter) -> Installation:
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) != 1:
        raise ValueError(f"{len(uris)} URI names where exactly one is expected")
    return Installation.from_spiffe(uris[0], charter.federation)
