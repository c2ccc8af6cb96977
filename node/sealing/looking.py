"""The account of an officer's look at sealed or withheld records (R44)."""

from __future__ import annotations

from datetime import datetime

from federation.evidence.entry import EntryKind, Value
from federation.values.clock import stamp
from node.register.acts import Register
from server.journal.work import Work
from server.opening import Act


def account_look(register: Register, act: Act, at: datetime, *, purpose: str, **fields: Value) -> None:
    """Log that `act` looks at such records for a purpose; nothing is shown before this returns.

    Raises `Replayed` when the request was used before.
    """

    def command(work: Work) -> None:
        act.insist_first(work)
        act.log(work, EntryKind.SEALED_ACCESS, at=stamp(at), purpose=purpose, **fields)

    register.journal.run(command)
