"""Note changed seals, for which a proposal to the other holders, or its withdrawal, is still to be made (R45)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from federation.law import sealing
from node.store import schema
from server.journal.work import Work

_NOTE = insert(schema.sealing_spread)
_SPREAD = _NOTE.on_conflict_do_update(
    index_elements=["record_id", "version"],
    set_={
        "urgent": schema.sealing_spread.c.urgent | _NOTE.excluded.urgent,
        "again": schema.sealing_spread.c.again | _NOTE.excluded.again,
        "judgment": func.coalesce(_NOTE.excluded.judgment, schema.sealing_spread.c.judgment),
    },
)


def note_changed(
    work: Work, changed: Sequence[tuple[bytes, int, bytes | None]], *, urgent: bool, again: bool = False
) -> None:
    """Note that the sealing of these records (id, version, token of the judgment if it is known here) changed.

    With `again`, it is proposed to every node once more.
    """
    if changed:
        rows = [
            {
                "record_id": record_id,
                "version": version,
                "urgent": urgent,
                "again": again,
                "judgment": judgment,
            }
            for record_id, version, judgment in changed
        ]
        work.view.execute(_SPREAD, rows)


def note_opened(work: Work, record_id: bytes, version: int, *, urgent: bool = True) -> None:
    """Note that a record that was sealed or withheld is open: its proposals are to be withdrawn."""
    note_changed(work, [(record_id, version, None)], urgent=urgent)


def propose_again(work: Work, record_ids: Sequence[bytes]) -> None:
    """Note that those of the records that are sealed are to be proposed to every node once more."""
    sealed = schema.sealed_record
    query = select(sealed.c.record_id, sealed.c.version).where(
        sealed.c.record_id.in_(record_ids), sealed.c.status == str(sealing.Status.SEALED)
    )
    changed = [(bytes(row.record_id), row.version, None) for row in work.view.execute(query)]
    note_changed(work, changed, urgent=False, again=True)
