"""`hutong status` of a federation whose servers run elsewhere, as people and as programs read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from certs.terms import TermKind
from compose.local.elsewhere import NOT_CALLED, NOT_SERVING, FederationSeen, Seen
from compose.shared.language import say
from compose.shared.moments import beijing
from compose.shared.printing import Table, listing, styled
from compose.shared.refusals import reason_in_words
from federation.charter.model import InstallationState
from federation.values.clock import stamp

_STATES: Final[Mapping[InstallationState, str]] = {
    InstallationState.ACTIVE: "servers.active",
    InstallationState.MAINTENANCE: "servers.maintenance",
    InstallationState.SUSPENDED: "servers.suspended",
    InstallationState.REMOVED: "servers.removed",
}
_KINDS: Final[Mapping[TermKind, str]] = {
    TermKind.SIGNING_KEY: "servers.signing_key",
    TermKind.AUTHORITY: "servers.authority",
    TermKind.PART: "servers.part",
}


def document(found: FederationSeen) -> dict[str, object]:
    """Return it for programs: the names of a local federation's status, and what the servers answered."""
    return {
        "federation": found.charter.federation,
        "charter_version": found.charter.version,
        "servers": [_row(found, server) for server in found.servers],
    }


def _row(found: FederationSeen, server: Seen) -> dict[str, object]:
    first = server.next_term
    return {
        "name": server.installation.name,
        "installation": str(server.installation),
        "endpoint": server.endpoint,
        "state": str(server.state),
        "serving": server.serving,
        "reason": server.reason,
        "why": server.why,
        "charter_version": server.charter_version,
        "due_in_days": found.days(first),
        "due": first.says,
        "ends": stamp(first.ends),
    }


def table(found: FederationSeen) -> Table:
    """Return it for people: a row for each server."""
    title = say("servers.title", federation=found.charter.federation, version=found.charter.version)
    columns = ("server", "endpoint", "state", "serving", "charter", "due")
    shown = listing(title, *(say(f"servers.{name}") for name in columns))
    for server in found.servers:
        serves = styled(say("servers.serves"), "green") if server.serving else styled(_why(server), "red")
        version = str(server.charter_version or "")
        state = say(_STATES[server.state])
        shown.add_row(str(server.installation), server.endpoint, state, serves, version, _due(found, server))
    return shown


def _why(server: Seen) -> str:
    if server.reason in (NOT_CALLED, NOT_SERVING):
        return say(f"servers.{server.reason}")
    words = reason_in_words(server.reason)
    return f"{words}{server.why} [{server.reason}]"


def _due(found: FederationSeen, server: Seen) -> str:
    """Return what is to be renewed first, from when on, and when it ends."""
    first, days = server.next_term, found.days(server.next_term)
    what, ends = say(_KINDS[first.kind]), beijing(stamp(first.ends))[:10]
    return say("servers.due_now" if days < 0 else "servers.due_in", what=what, days=days, ends=ends)
