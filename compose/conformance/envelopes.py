"""Envelope cases: one thing about a signed question is wrong, and node and gateway refuse it for that."""

from __future__ import annotations

import os
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from compose.conformance.kit import Kit
from compose.conformance.outcomes import Failed, TargetRole
from compose.conformance.people import FixedPerson
from compose.conformance.registry import check
from federation.charter.envelope import PAGE, Signer
from federation.v1 import query_pb2
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.values import clock

_UNAUTHENTICATED, _DENIED = "UNAUTHENTICATED", "PERMISSION_DENIED"
_NODE, _GATEWAY = TargetRole.NODE, TargetRole.GATEWAY
#: A field of every message, with a number that this contract does not use.
_UNKNOWN_FIELD = b"\xf8\x3f\x01"
_LONG_AGO = timedelta(minutes=10)


@check("envelope-accepted")
def accepted(kit: Kit) -> str:
    """A question as it should be is answered: otherwise the other cases would show nothing."""
    kit.insist_answered(kit.envelope())
    return "answered"


@check("envelope-signature")
def signature(kit: Kit) -> str:
    """The signature is of other bytes."""
    envelope = kit.envelope()
    other = kit.envelope()
    envelope.signatures[0].sig = other.signatures[0].sig
    return kit.insist_refused(envelope, "BAD_SIGNATURE", _UNAUTHENTICATED)


@check("envelope-payload")
def payload(kit: Kit) -> str:
    """One character of the payload was changed after signing."""
    envelope = kit.envelope()
    statement = Statement.FromString(envelope.payload)
    statement.officer += "甲"
    envelope.payload = statement.SerializeToString(deterministic=True)
    return kit.insist_refused(envelope, "BAD_SIGNATURE", _UNAUTHENTICATED)


@check("envelope-signer")
def signer(kit: Kit) -> str:
    """A key that the charter does not list signs in the asker's name."""
    unknown = Signer(kit.party("asker").installation, _new_key())
    return kit.insist_refused(kit.envelope(signer=unknown), "UNKNOWN_SIGNER", _UNAUTHENTICATED)


@check("envelope-borrowed-key")
def borrowed_key(kit: Kit) -> str:
    """The signature names the asker's key, and another key signed."""
    unknown = Signer(kit.party("asker").installation, _new_key())
    envelope = kit.envelope(signer=unknown)
    envelope.signatures[0].keyid = kit.party("asker").signer().keyid
    return kit.insist_refused(envelope, "BAD_SIGNATURE", _UNAUTHENTICATED)


@check("envelope-missing")
def missing(kit: Kit) -> str:
    """There is no envelope at all."""
    return kit.insist_refused(Envelope(), "MISSING_ENVELOPE", _UNAUTHENTICATED)


@check("envelope-one-signature")
def one_signature(kit: Kit) -> str:
    """The same signature twice."""
    envelope = kit.envelope()
    envelope.signatures.append(envelope.signatures[0])
    return kit.insist_refused(envelope, "ONE_SIGNATURE", _UNAUTHENTICATED)


@check("envelope-payload-type")
def payload_type(kit: Kit) -> str:
    """The payload is passed off as another kind."""
    envelope = kit.envelope()
    envelope.payload_type = PAGE
    return kit.insist_refused(envelope, "WRONG_PAYLOAD_TYPE", _UNAUTHENTICATED)


@check("envelope-role")
def role(kit: Kit) -> str:
    """A key of the charter signs that may not ask."""
    envelope = kit.envelope(signer=kit.party("unentitled").signer())
    return kit.insist_refused(envelope, "WRONG_ROLE", _DENIED)


@check("envelope-federation")
def federation(kit: Kit) -> str:
    """Signed for another federation."""
    envelope = kit.envelope(change=lambda s: setattr(s, "federation", "elsewhere.example"))
    return kit.insist_refused(envelope, "WRONG_FEDERATION", _UNAUTHENTICATED)


@check("envelope-method")
def method(kit: Kit) -> str:
    """Signed for another rpc: what was signed for one act must not be used for another."""
    envelope = kit.envelope(method="/federation.v1.RegistryService/Enter")
    return kit.insist_refused(envelope, "WRONG_METHOD", _UNAUTHENTICATED)


@check("envelope-destination")
def destination(kit: Kit) -> str:
    """Signed for one node, and brought as a question to the gateway."""
    envelope = kit.envelope(change=lambda s: setattr(s, "destination", "elsewhere/node/elsewhere-1"))
    return kit.insist_refused(envelope, "WRONG_DESTINATION", _UNAUTHENTICATED)


@check("envelope-author")
def author(kit: Kit) -> str:
    """The statement names another installation than the one that signed it."""
    envelope = kit.envelope(change=lambda s: setattr(s, "installation", f"{s.member}/client/nobody"))
    return kit.insist_refused(envelope, "WRONG_SIGNER", _UNAUTHENTICATED)


@check("envelope-officer")
def officer(kit: Kit) -> str:
    """No natural person answers for the question."""
    envelope = kit.envelope(change=lambda s: setattr(s, "officer", " "))
    return kit.insist_refused(envelope, "OFFICER_MISSING", _UNAUTHENTICATED)


@check("envelope-expired")
def expired(kit: Kit) -> str:
    """Signed ten minutes ago; a statement is good for 120 seconds."""
    return kit.insist_refused(kit.envelope(now=clock.now() - _LONG_AGO), "ENVELOPE_EXPIRED", _UNAUTHENTICATED)


@check("envelope-future")
def future(kit: Kit) -> str:
    """Signed in ten minutes from now."""
    return kit.insist_refused(
        kit.envelope(now=clock.now() + _LONG_AGO), "ENVELOPE_NOT_YET_VALID", _UNAUTHENTICATED
    )


@check("envelope-nonce")
def nonce(kit: Kit) -> str:
    """A nonce of 8 bytes where 16 are due."""
    envelope = kit.envelope(change=lambda s: setattr(s, "nonce", os.urandom(8)))
    return kit.insist_refused(envelope, "BAD_NONCE", _UNAUTHENTICATED)


@check("envelope-replay", _GATEWAY)
def replay(kit: Kit) -> str:
    """The same envelope a second time."""
    envelope = kit.envelope()
    kit.insist_answered(envelope)
    return kit.insist_refused(envelope, "REPLAYED", _UNAUTHENTICATED)


@check("envelope-replay", _NODE)
def replay_of_a_page(kit: Kit) -> str:
    """The same envelope a second time as the same attempt, in a later page and within one page."""
    envelope = kit.envelope()
    kit.insist_answered(envelope)
    kit.insist_refused(envelope, "REPLAYED", _UNAUTHENTICATED)
    twice = kit.envelope()
    _, answers = kit.looked_up(twice, twice)
    replayed = [answer.reason for answer in answers if answer.outcome == query_pb2.OUTCOME_REFUSED]
    if replayed != ["REPLAYED"]:
        raise Failed(f"twice within one page: refused {replayed}, not the second one as REPLAYED")
    return "refused: REPLAYED, across pages and within one"


@check("envelope-attempt", _NODE)
def attempt(kit: Kit) -> str:
    """Attempts 0 and 9: a question is sent at most eight times."""
    for number in (0, 9):
        kit.insist_refused(kit.envelope(), "ATTEMPT_OUT_OF_RANGE", "", attempt=number)
    return "refused: ATTEMPT_OUT_OF_RANGE"


@check("envelope-second-attempt", _NODE)
def second_attempt(kit: Kit) -> str:
    """A gateway whose line broke sends the same question as attempt 2."""
    envelope = kit.envelope()
    kit.insist_answered(envelope)
    if reason := kit.put(envelope, attempt=2).reason:
        raise Failed(f"the second attempt is refused: {reason}")
    return "answered as attempts 1 and 2"


@check("envelope-retry-of")
def retry_of(kit: Kit) -> str:
    """`retry_of` is no SHA-256."""
    envelope = kit.envelope(change=lambda s: setattr(s, "retry_of", b"12345"))
    return kit.insist_refused(envelope, "BAD_RETRY_OF", _UNAUTHENTICATED)


@check("envelope-charter-version")
def charter_version(kit: Kit) -> str:
    """Signed under a charter 33 versions from the one in force."""
    envelope = kit.envelope(change=lambda s: setattr(s, "charter_version", kit.charter.version + 33))
    return kit.insist_refused(envelope, "WRONG_CHARTER_VERSION", _UNAUTHENTICATED)


@check("envelope-unknown-fields")
def unknown_fields(kit: Kit) -> str:
    """The statement has a field that this contract does not know, and that nobody would have checked."""
    envelope = kit.envelope(change=lambda s: s.MergeFromString(_UNKNOWN_FIELD))
    return kit.insist_refused(envelope, "MALFORMED_STATEMENT", _UNAUTHENTICATED)


@check("envelope-moment")
def moment(kit: Kit) -> str:
    """The time of signing is no stamp of the contract."""
    envelope = kit.envelope(change=lambda s: setattr(s, "issued_at", "yesterday"))
    return kit.insist_refused(envelope, "MALFORMED_STATEMENT", _UNAUTHENTICATED)


@check("envelope-body")
def body(kit: Kit) -> str:
    """The statement has no body."""
    envelope = kit.envelope(change=lambda s: s.ClearField("body"))
    return kit.insist_refused(envelope, "BODY_MISSING", _UNAUTHENTICATED)


@check("envelope-others-go-on", _NODE)
def others_go_on(kit: Kit) -> str:
    """A bad question on a page does not keep the others from being answered."""
    bad = kit.envelope(change=lambda s: setattr(s, "officer", ""))
    _, answers = kit.looked_up(kit.envelope(), bad, kit.envelope(kit.query(FixedPerson.unknown())))
    outcomes = [answer.outcome == query_pb2.OUTCOME_REFUSED for answer in answers]
    if outcomes != [False, True, False]:
        raise Failed(f"of three questions, the second one bad, these were refused: {outcomes}")
    return "the second of three refused, the others answered"


def _new_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()
