"""Everything that can go wrong between members, as one tree.

    HutongError
    ├── InvalidRequest        the message itself is wrong; carries every field violation
    ├── Unauthenticated       the caller's claimed identity is not proven
    │   ├── BadEnvelope       signature, signer, federation, method, destination or window does not hold
    │   └── Replayed          the same nonce of the same signer came before
    ├── PermissionDenied      we know who it is, and it may not
    │   └── NotPermitted      a disclosure policy says no; carries the policies
    ├── NotFound
    ├── AlreadyExists
    ├── Stale                 somebody else changed it first
    ├── OutOfOrder            not the next step of this thing, or its time is past
    ├── Exhausted             too much at once; carries a hint when to come back
    ├── Unavailable           we cannot serve now
    │   ├── CharterUnusable   expired, rolled back, or not signed by enough
    │   └── CannotAccount     the log cannot be written, so nothing leaves
    └── Corrupt               stored or received bytes fail their own checks

Raise what happened here; `federation.transport.status` maps each class once to a gRPC status.
`reason` is the machine-readable name that travels in `google.rpc.ErrorInfo`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldViolation:
    """One field, the rule it breaks (a name or a requirement such as "R18"), and what to do."""

    field: str
    rule: str
    message: str


@dataclass(frozen=True)
class PolicyReason:
    """The id and clause of a rule that decided, its message to a person, and what that person can do then."""

    id: str
    clause: str
    says: str
    remedy: str = ""


class HutongError(Exception):
    """Base of all errors that may be reported to a caller."""

    reason = "INTERNAL"

    def __init__(self, message: str, *, reason: str | None = None, **metadata: str) -> None:
        super().__init__(message)
        self.message = message
        self.metadata: Mapping[str, str] = metadata
        if reason is not None:
            self.reason = reason


class InvalidRequest(HutongError):
    """The request is malformed, incomplete or contradicts itself."""

    reason = "INVALID_REQUEST"

    def __init__(self, violations: Sequence[FieldViolation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(f"{v.field}: {v.message} [{v.rule}]" for v in self.violations))

    @classmethod
    def of(cls, field: str, rule: str, message: str) -> InvalidRequest:
        """Return the error for a single field."""
        return cls([FieldViolation(field, rule, message)])


class Unauthenticated(HutongError):
    """The caller's identity is not proven."""

    reason = "UNAUTHENTICATED"


class BadEnvelope(Unauthenticated):
    """The envelope's signature, signer, federation, method, destination or time window does not hold."""

    reason = "BAD_ENVELOPE"


class Replayed(Unauthenticated):
    """The same nonce of the same signer was used before; a retry is a new envelope naming `retry_of`."""

    reason = "REPLAYED"


class PermissionDenied(HutongError):
    """The caller is known and may not do this."""

    reason = "PERMISSION_DENIED"


class NotPermitted(PermissionDenied):
    """A disclosure policy refuses."""

    reason = "NOT_PERMITTED"

    def __init__(self, message: str, policies: Sequence[PolicyReason] = ()) -> None:
        self.policies = tuple(policies)
        reasons = {f"policy_{p.id}": f"{p.clause}: {p.says}" for p in self.policies}
        super().__init__(
            message, **reasons, **{f"remedy_{p.id}": p.remedy for p in self.policies if p.remedy}
        )


class NotFound(HutongError):
    """There is nothing of that name that may be shown."""

    reason = "NOT_FOUND"


class AlreadyExists(HutongError):
    """Different content is already registered under the same key."""

    reason = "ALREADY_EXISTS"


class Stale(HutongError):
    """The thing changed since the caller last saw it: look again and decide again."""

    reason = "STALE"


class OutOfOrder(HutongError):
    """The thing is not in a state in which this may be done, or the time for it is past."""

    reason = "OUT_OF_ORDER"


class Exhausted(HutongError):
    """Too much at once, or too large."""

    reason = "EXHAUSTED"

    def __init__(self, message: str, *, retry_after_s: float = 1.0, **metadata: str) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message, **metadata)


class Unavailable(HutongError):
    """Not able to serve now."""

    reason = "UNAVAILABLE"


class CharterUnusable(Unavailable):
    """No charter that may be relied on: no service."""

    reason = "CHARTER_UNUSABLE"


class CannotAccount(Unavailable):
    """The log cannot be written, so nothing is answered."""

    reason = "CANNOT_ACCOUNT"


class Corrupt(HutongError):
    """Bytes fail the check they carry."""

    reason = "CORRUPT"
