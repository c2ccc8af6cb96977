"""The servers of a federation that runs elsewhere, each asked at once what it is: its health and its charter.

A window calls them with its own certificate. Whoever does not answer in time delays nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from certs.terms import Term, terms_of_server
from federation.charter.model import Charter, Gateway, InstallationState, Node
from federation.charter.trust import CharterTrust
from federation.client.description import read_description
from federation.errors import NotFound
from federation.transport.status import error_of
from federation.transport.tls import Caller
from federation.v1 import charter_pb2, charter_pb2_grpc
from federation.values.identity import Installation

#: Why a server is not called, and why one that answers does not serve.
NOT_CALLED: Final = "NOT_CALLED"
NOT_SERVING: Final = "NOT_SERVING"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the charter says of a server, and what the server answers."""

    installation: Installation
    endpoint: str
    state: InstallationState
    serving: bool
    #: Why it does not serve, or its charter is unknown, as the reason of an error, and in a sentence; "" for nothing.
    reason: str
    why: str
    #: Of the charter that the server has in force; 0 if it does not say.
    charter_version: int
    #: What its agency must renew first.
    next_term: Term

    @property
    def fails(self) -> bool:
        """Whether it ought to serve and does not; in maintenance and when suspended it need not."""
        return self.state is InstallationState.ACTIVE and not self.serving


@dataclass(frozen=True, slots=True)
class FederationSeen:
    """The charter in force here, and all its servers."""

    charter: Charter
    servers: list[Seen]
    at: datetime

    def days(self, term: Term) -> int:
        """Return whole days until half of the time is over, from when on it is to be renewed; negative after that."""
        return (term.half - self.at).days


def ask_servers(home: Path, *, at: datetime, patience_s: float) -> FederationSeen:
    """Return what the servers of the window's federation answer; raises `NotFound` and `CharterUnusable`.

    All are called at once, and have `patience_s` seconds together. Those that the charter suspends are not called.
    """
    description = read_description(home / "federation.json")
    if not description.members:
        raise NotFound(f"{home} names no member: set it up with `hutong window init`")
    mine = next(iter(description.members.values()))
    caller = Caller(home / mine["cert"], home / mine["key"])
    trust = CharterTrust(description.published, description.state, description.root)
    charter = trust.refresh()
    files = trust.files()
    places: list[Node | Gateway] = [*charter.nodes, *charter.gateways]
    with ExitStack() as stack:
        calls = [_calls(stack, caller, place, charter, patience_s) for place in places]
        found = []
        for place, call in zip(places, calls, strict=True):
            entry = charter.installations[place.installation]
            first = min(terms_of_server(charter, files, entry), key=lambda term: term.half)
            answered = _answered(call, entry.state)
            found.append(Seen(place.installation, place.endpoint, entry.state, *answered, next_term=first))
    return FederationSeen(charter, found, at)


def _calls(
    stack: ExitStack, caller: Caller, place: Node | Gateway, charter: Charter, patience_s: float
) -> tuple[Any, Any] | None:
    """Begin both calls of a server without waiting; None for one that nobody may call."""
    if charter.installations[place.installation].state in (
        InstallationState.SUSPENDED,
        InstallationState.REMOVED,
    ):
        return None
    line = stack.enter_context(caller.channel(place.endpoint, server=place.installation, charter=charter))
    health, charters = health_pb2_grpc.HealthStub(line), charter_pb2_grpc.CharterServiceStub(line)
    return (
        health.Check.future(health_pb2.HealthCheckRequest(), timeout=patience_s),
        charters.GetCharter.future(charter_pb2.GetCharterRequest(), timeout=patience_s),
    )


def _answered(calls: tuple[Any, Any] | None, state: InstallationState) -> tuple[bool, str, str, int]:
    """Return whether a server serves, why not (reason, sentence), and its charter's version; waits for its answers."""
    if calls is None:
        return False, NOT_CALLED, f"{state} in the charter, so nobody calls it", 0
    reasons = list(_refusals(calls))
    health, charters = calls
    serving = not health.exception() and health.result().status == health_pb2.HealthCheckResponse.SERVING
    version = 0 if charters.exception() else int(charters.result().version)
    if not serving and not reasons:
        reasons.append((NOT_SERVING, "it runs, and says that it does not serve"))
    return serving, *(reasons[0] if reasons else ("", "")), version


def _refusals(calls: tuple[Any, Any]) -> Iterator[tuple[str, str]]:
    """Yield reason and message of each call that failed."""
    for call in calls:
        if isinstance(failed := call.exception(), grpc.RpcError):
            error = error_of(failed)
            yield error.reason, error.message
