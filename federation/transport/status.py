"""Errors on the wire: one table from error class to gRPC status, and the way back."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from federation import errors
from federation.errors import FieldViolation, HutongError, PolicyReason

log = logging.getLogger(__name__)

DOMAIN = "hutong"
CLASS = "error"
"""The key in `ErrorInfo.metadata` that names the class, so that a client can raise the same one."""

BROKEN = frozenset({"UNREACHABLE", "CONNECTION_CUT"})
"""Reasons of `Unavailable` that no server gave: the connection was not made, or broke before the reply came."""

STATUS: Mapping[type[HutongError], grpc.StatusCode] = {
    errors.InvalidRequest: grpc.StatusCode.INVALID_ARGUMENT,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.BadEnvelope: grpc.StatusCode.UNAUTHENTICATED,
    errors.Replayed: grpc.StatusCode.UNAUTHENTICATED,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.NotPermitted: grpc.StatusCode.PERMISSION_DENIED,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.Stale: grpc.StatusCode.ABORTED,
    errors.OutOfOrder: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
    errors.CharterUnusable: grpc.StatusCode.UNAVAILABLE,
    errors.CannotAccount: grpc.StatusCode.UNAVAILABLE,
    errors.Corrupt: grpc.StatusCode.DATA_LOSS,
}

# Details travel in trailers, which are small: only the first violations, and sentences of limited length.
_MOST_VIOLATIONS = 24
_LONGEST = 240


def status_of(error: Exception) -> status_pb2.Status:
    """Return `error` as the caller sees it; any error but a `HutongError` becomes INTERNAL without details."""
    if not isinstance(error, HutongError) or type(error) not in STATUS:
        return status_pb2.Status(code=_number(grpc.StatusCode.INTERNAL), message="internal error")
    metadata = {key: _short(value) for key, value in error.metadata.items()} | {CLASS: type(error).__name__}
    details = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)]
    packed = [_pack(detail) for detail in details]
    if isinstance(error, errors.InvalidRequest):
        packed.append(_pack(_bad_request(error)))
    if isinstance(error, errors.Exhausted):
        packed.append(_pack(_retry(error)))
    return status_pb2.Status(
        code=_number(STATUS[type(error)]), message=_short(error.message, 4), details=packed
    )


def abort(context: grpc.ServicerContext, error: Exception) -> NoReturn:
    """End the call with the status of `error`; an unknown error's detail goes to our own log only."""
    if type(error) not in STATUS:
        log.error("internal error", exc_info=error)
    context.abort_with_status(rpc_status.to_status(status_of(error)))
    raise AssertionError("abort returns never") from error


def raise_from_rpc(error: grpc.RpcError) -> NoReturn:
    """Raise the server's error; a transport failure as `Unavailable`, an error without a name as `HutongError`."""
    raise error_of(error) from error


@contextmanager
def understood() -> Iterator[None]:
    """Raise the server's errors from calls inside the context, as `raise_from_rpc` does."""
    try:
        yield
    except grpc.RpcError as error:
        raise_from_rpc(error)


def error_of(error: grpc.RpcError) -> HutongError:
    """Return the error that `raise_from_rpc` raises; details that cannot be read count as none."""
    try:
        status = rpc_status.from_call(error)
        return _bare(error) if status is None else _detailed(error, status)
    except (ValueError, DecodeError):  # the details are no status, or another one than the trailer's
        return _bare(error)


def _detailed(error: grpc.RpcError, status: status_pb2.Status) -> HutongError:
    info, violations, retry_after_s = error_details_pb2.ErrorInfo(), [], 1.0
    for detail in status.details:
        bad_request, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Unpack(bad_request):
            violations = [
                FieldViolation(v.field, v.reason, v.description) for v in bad_request.field_violations
            ]
        elif detail.Unpack(retry):
            retry_after_s = retry.retry_delay.ToMilliseconds() / 1000
        else:
            detail.Unpack(info)
    if info.domain != DOMAIN:
        return _bare(error)
    named = {known.__name__: known for known in STATUS}
    known = named.get(info.metadata[CLASS], HutongError)
    metadata = {key: value for key, value in info.metadata.items() if key != CLASS}
    return _rebuilt(known, status.message, info.reason, metadata, violations, retry_after_s)


def _rebuilt(
    known: type[HutongError],
    message: str,
    reason: str,
    metadata: dict[str, str],
    violations: list[FieldViolation],
    retry_after_s: float,
) -> HutongError:
    error: HutongError
    if known is errors.InvalidRequest:
        error = errors.InvalidRequest(violations)
    elif known is errors.NotPermitted:
        error = errors.NotPermitted(
            message, [_policy(key, metadata) for key in metadata if key.startswith("policy_")]
        )
    elif known is errors.Exhausted:
        error = errors.Exhausted(message, retry_after_s=retry_after_s)
    else:
        error = known(message)
    error.reason, error.metadata = reason, metadata  # not by keyword: a peer chooses the names
    return error


def _bare(error: grpc.RpcError) -> HutongError:
    code, detail = error.code(), error.details() or ""
    if code is grpc.StatusCode.UNAVAILABLE:
        return errors.Unavailable(f"cannot be reached: {detail}", reason="UNREACHABLE")
    if code is grpc.StatusCode.CANCELLED:
        return errors.Unavailable("the call was cut before its reply came", reason="CONNECTION_CUT")
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return errors.Unavailable("did not answer in time", reason="DEADLINE_EXCEEDED")
    if code is grpc.StatusCode.UNIMPLEMENTED:  # an earlier version, which may be upgraded any day
        return errors.Unavailable("runs a program that does not know this call", reason="UNIMPLEMENTED")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return errors.Exhausted(detail)
    return HutongError(f"{code.name}: {detail}", reason=code.name)


def _policy(key: str, metadata: Mapping[str, str]) -> PolicyReason:
    clause, _, says = metadata[key].partition(": ")
    id = key.removeprefix("policy_")
    return PolicyReason(id, clause, says, metadata.get(f"remedy_{id}", ""))


def _bad_request(error: errors.InvalidRequest) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(
                field=_short(v.field), reason=v.rule, description=_short(v.message)
            )
            for v in error.violations[:_MOST_VIOLATIONS]
        ]
    )


def _retry(error: errors.Exhausted) -> error_details_pb2.RetryInfo:
    delay = duration_pb2.Duration()
    delay.FromMilliseconds(int(error.retry_after_s * 1000))
    return error_details_pb2.RetryInfo(retry_delay=delay)


def _pack(
    detail: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest | error_details_pb2.RetryInfo,
) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed


def _short(text: str, times: int = 1) -> str:
    return text if len(text) <= _LONGEST * times else text[: _LONGEST * times - 1] + "…"


def _number(code: grpc.StatusCode) -> int:
    number: int = code.value[0]
    return number
