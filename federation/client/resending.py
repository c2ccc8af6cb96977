"""Resending of calls that a broken connection has lost, so that nothing is done or answered twice.

Connections also break in normal operation: a server stops, or has to cut calls when its certificate changes.
A *question* is signed anew and names the one that it repeats (`retry_of`): `Questions` does that. Every other single
call is sent again as it is, under the same signature: the server refuses the second copy if the first one had
arrived, so no act is ever carried out twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from federation.background.retrying import Retries
from federation.errors import Unavailable
from federation.transport.status import BROKEN, error_of

#: Seconds before each further attempt; a channel connects anew a tenth of a second after a failure.
PAUSES_S = (0.15, 0.5)
_REPLAYED = "REPLAYED"


class ResendInterceptor(grpc.UnaryUnaryClientInterceptor):
    """Interceptor that resends single calls whose connection broke, within their deadline; except the method `but`."""

    def __init__(self, *, but: str) -> None:
        self._but = but

    def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Any], Any],
        client_call_details: grpc.ClientCallDetails,
        request: Any,
    ) -> Any:
        """Return the outcome of the last attempt.

        Raises `Unavailable` with reason `REPLY_LOST` when an attempt had arrived but its reply was lost.
        """
        retries = Retries(PAUSES_S, within_s=client_call_details.timeout)
        outcome = continuation(client_call_details, request)
        if client_call_details.method == self._but:
            return outcome
        while _reason(outcome) in BROKEN and retries.pause():
            outcome = continuation(_Within(retries.time_left_s()), request)
            if _reason(outcome) == _REPLAYED:
                raise Unavailable(
                    "the connection broke after the server had received this, and its reply is lost: "
                    "look there whether it was carried out before you send it again",
                    reason="REPLY_LOST",
                )
        return outcome


class _Within(grpc.ClientCallDetails):
    """The details of a call as they were, with another time limit in seconds."""

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout


def _reason(outcome: object) -> str:
    """Return why a call failed in transport; "" if it succeeded, or failed for another reason."""
    if not isinstance(outcome, grpc.RpcError) or not isinstance(outcome, grpc.Call):
        return ""
    return error_of(outcome).reason if outcome.code() is not grpc.StatusCode.OK else ""
