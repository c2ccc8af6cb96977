"""The store of a log that went back, of acceptances, and of the gateways that have them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from federation.v1.envelope_pb2 import Envelope
from federation.values.heads import Head
from node.continuity.schema import acceptance_taken, log_acceptance, went_back
from server.journal.cipher import Cipher
from server.journal.work import View, Work

_PLACE = b"log_acceptance"


@dataclass(frozen=True, slots=True)
class WentBack:
    """A log that does not contain a head which others know of it."""

    known: Head
    #: The gateway that knows the head, or the name of the file that states it.
    known_by: str
    found_at: str
    #: When the last entry before this start was written.
    last_entry_at: str


class ContinuityStore:
    """Keeps one state of the log and its acceptances."""

    def __init__(self, *, key: bytes) -> None:
        self._cipher = Cipher(key, of="an acceptance of the log")

    def went_back(self, view: View) -> WentBack | None:
        """Return the head that the log has lost, if it has."""
        row = view.execute(select(went_back)).one_or_none()
        if row is None:
            return None
        return WentBack(Head(row.size, bytes(row.root)), row.known_by, row.found_at, row.last_entry_at)

    def note(self, work: Work, state: WentBack) -> None:
        """Keep the head that the log has lost, in place of an earlier one."""
        work.view.execute(delete(went_back))
        work.view.execute(
            insert(went_back),
            {
                "number": 1,
                "size": state.known.size,
                "root": state.known.root,
                "known_by": state.known_by,
                "found_at": state.found_at,
                "last_entry_at": state.last_entry_at,
            },
        )

    def accept(self, work: Work, envelope: Envelope, at: str, *, taken_at: str) -> None:
        """Keep the agency's acceptance, signed `at` and taken now: nothing is lost any more."""
        work.view.execute(delete(went_back))
        body = self._cipher.lock(envelope.SerializeToString(), _PLACE)
        row = {"accepted_at": at, "body": body, "taken_at": taken_at}
        work.view.execute(insert(log_acceptance), row)

    def taken_after(self, view: View, moment: str) -> list[Envelope]:
        """Return the acceptances that this node took after `moment`, which its own clock showed."""
        rows = view.execute(select(log_acceptance.c.body).where(log_acceptance.c.taken_at > moment))
        return [Envelope.FromString(self._cipher.unlock(bytes(row.body), _PLACE)) for row in rows]

    def acceptances(self, view: View) -> list[Envelope]:
        """Return every acceptance, the oldest first."""
        rows = view.execute(select(log_acceptance).order_by(log_acceptance.c.accepted_at))
        return [Envelope.FromString(self._cipher.unlock(bytes(row.body), _PLACE)) for row in rows]

    def taken(self, view: View) -> dict[str, str]:
        """Return, by gateway, the time of the newest acceptance that it has taken."""
        return {row.gateway: row.accepted_at for row in view.execute(select(acceptance_taken))}

    def note_taken(self, work: Work, gateway: str, accepted_at: str) -> None:
        """Remember durably that a gateway has taken all acceptances up to that time."""
        row = {"gateway": gateway, "accepted_at": accepted_at}
        known = update(acceptance_taken).where(acceptance_taken.c.gateway == gateway)
        if not work.view.execute(known.values(accepted_at=accepted_at)).rowcount:
            work.view.execute(insert(acceptance_taken), row)
