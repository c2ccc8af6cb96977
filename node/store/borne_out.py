"""Which rows of a register the log bears out: slow, for `hutong node check` once something was changed from outside.

The log names every version of every record. A row is borne out if it is the newest version that the log names, and its
key and content can be read in that version, status and table. No older version and no record of another table is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select

from federation.errors import Corrupt
from federation.evidence.entry import events_of, read_body
from federation.law.sealing import Status
from federation.record.apart import with_its_reasons
from federation.v1 import registry_pb2
from node.store import schema
from node.store.counted import by_key
from node.store.current import OPEN, SEALED
from node.store.rows import WITHDRAWN, Sealer
from node.store.vault import event_place
from server.journal.cipher import Cipher
from server.journal.log import Log

_PAGE = 1000
_TABLES = ((*OPEN, Status.OPEN), (*SEALED, ""), (schema.withdrawn_record, None, WITHDRAWN))


@dataclass(slots=True)
class Examined:
    """What the log bears out, and what it does not: (table, record), each with what is wrong."""

    wrong: dict[tuple[str, bytes], str] = field(default_factory=dict)
    #: Records that the log names and that are in no table as they should be.
    missing: list[bytes] = field(default_factory=list)
    #: Rows of tokens to take out and to put in: (table, token, record).
    tokens_out: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    tokens_in: list[tuple[str, bytes, bytes]] = field(default_factory=list)

    def named(self) -> list[str]:
        """Return what is wrong with which record, for people."""
        return [
            *(f"record {its.hex()} in {table}: {what}" for (table, its), what in self.wrong.items()),
            *(f"record {its.hex()} is missing: enter it again" for its in self.missing),
            *_led(self.tokens_in, "tokens by which it is found are missing"),
            *_led(self.tokens_out, "tokens lead to it that should not"),
        ]


def _led(rows: list[tuple[str, bytes, bytes]], what: str) -> Iterator[str]:
    for (table, record_id), number in Counter((table, record_id) for table, _, record_id in rows).items():
        yield f"record {record_id.hex()} in {table}: {number} {what}"


def examine(view: Connection, log: Log, sealer: Sealer) -> Examined:
    """Compare every row with the log, which itself is checked at every start. Raises `Corrupt` if it cannot be read."""
    found, newest, sound = Examined(), _newest(view, log), set[bytes]()
    for records, tokens, _ in _TABLES:
        wanted: dict[bytes, set[bytes]] = {}
        for record_id, what, its_tokens in _rows(view, records.name, newest, sealer):
            if what:
                found.wrong[records.name, record_id] = what
            else:
                sound.add(record_id)
                wanted[record_id] = its_tokens
        if tokens is None:
            continue
        for token, record_id in view.exec_driver_sql(by_key(view, tokens.name, ("token", "record_id"))):
            if token in wanted.get(record_id, ()):
                wanted[record_id].discard(token)
            else:
                found.tokens_out.append((tokens.name, token, record_id))
        found.tokens_in += [(tokens.name, t, record_id) for record_id, left in wanted.items() for t in left]
    found.missing = [record_id for record_id in newest if record_id not in sound]
    return found


def mend(view: Connection, found: Examined) -> None:
    """Take out every row that the log does not bear out, and put tokens right; the caller counts anew."""
    tables = schema.metadata.tables
    for name, token, record_id in found.tokens_out:
        its = tables[name].c
        view.execute(delete(tables[name]).where(its.token == token, its.record_id == record_id))
    for name, record_id in found.wrong:
        view.execute(delete(tables[name]).where(tables[name].c.record_id == record_id))
    for name, token, record_id in found.tokens_in:
        view.execute(insert(tables[name]), {"token": token, "record_id": record_id})


def _newest(view: Connection, log: Log) -> dict[bytes, int]:
    """Return the newest version of each record that the log names, or will name at the next fixed time."""
    newest: dict[bytes, int] = {}
    for body in _bodies(view, log):
        if b'"record":"' not in body or b'"version":' not in body:
            continue
        for event in events_of(read_body(body)):
            record, version = event.get("record"), event.get("version")
            if isinstance(record, str) and isinstance(version, int):
                record_id = bytes.fromhex(record)
                newest[record_id] = max(newest.get(record_id, 0), version)
    return newest


def _bodies(view: Connection, log: Log) -> Iterator[bytes]:
    for start in range(0, log.frontier.size, _PAGE):
        yield from (entry.body for entry in log.read(view, start, _PAGE))
    yield from log.deferred(view)


def _rows(
    view: Connection, name: str, newest: dict[bytes, int], sealer: Sealer
) -> Iterator[tuple[bytes, str, set[bytes]]]:
    """Yield each row's record, what is wrong with it or nothing, and the tokens that must lead to it."""
    [number] = [n for n, (records, _, _) in enumerate(_TABLES) if records.name == name]
    records, tokens, fixed = _TABLES[number]
    vault, event = sealer.vaults[number], schema.record_event
    joined = records.join(
        event,
        (event.c.record_id == records.c.record_id) & (event.c.version == records.c.version),
        isouter=True,
    )
    for row in view.execute(select(records, event.c.body).select_from(joined)).all():
        record_id, version = row.record_id, row.version
        status = str(row.status) if fixed == "" else str(fixed)
        if newest.get(record_id) != version:
            yield (
                record_id,
                f"version {version}, but the log's newest is {newest.get(record_id, 'none')}",
                set(),
            )
            continue
        try:
            key = Cipher(vault.unwrap_bound(row.wrapped_key, record_id, version, status))
            clear = key.unlock(row.body or b"", event_place(record_id, version))
        except Corrupt as error:
            yield record_id, error.message, set()
            continue
        record = with_its_reasons(registry_pb2.RecordEvent.FromString(clear))
        yield record_id, "", {*sealer.found_by(record, Status(status))} if tokens is not None else set()
