"""Check a node's keys against its rows, for stores that keep no check values yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sqlalchemy import Connection

from federation.errors import Corrupt
from federation.law.sealing import Status
from federation.v1 import registry_pb2
from federation.values.tokens import token
from node.store.keys import NodeKeys
from node.store.rows import WITHDRAWN, Sealer
from node.store.vault import WRAPPED_BYTES, RecordVault, Vault, event_place
from server.journal.cipher import Cipher
from server.stores.key_checks import KeyKind, rows
from server.stores.log_key import LOG_KEY

#: What a record's wrapped key is bound to, but for the status.
_KEY: Final = "record_id, wrapped_key, version"


def _wrap(connection: Connection, keys: Mapping[str, bytes]) -> Iterator[bool]:
    """Unwrap the data keys of open records and applications, and decrypt steps of merges."""
    records = RecordVault(key=keys["wrap"], purpose="open")
    for record_id, wrapped, version in rows(connection, f"SELECT {_KEY} FROM open_record"):  # noqa: S608
        yield _opens(lambda: records.unwrap_bound(wrapped, record_id, version, Status.OPEN))  # noqa: B023
    vault = Vault(key=keys["wrap"], purpose="application")
    for number, wrapped in rows(connection, "SELECT number, wrapped_key FROM application"):
        yield _opens(lambda: vault.unwrap(wrapped, number.encode()))  # noqa: B023
    key = Cipher(keys["wrap"])
    for merge_id, version, body in rows(connection, "SELECT merge_id, version, body FROM merge_event"):
        place = b"merge_event" + merge_id + version.to_bytes(4, "big")
        yield _opens(lambda: key.unlock(body, place))  # noqa: B023


def _sealing(connection: Connection, keys: Mapping[str, bytes]) -> Iterator[bool]:
    """Unwrap the data keys of sealed, withdrawn and quarantined records, of notices, and disclosures."""
    for table, purpose, status in (
        ("sealed_record", "sealed", "status"),
        ("withdrawn_record", "withdrawn", f"'{WITHDRAWN}'"),
    ):
        records = RecordVault(key=keys["sealing"], purpose=purpose)
        for record_id, wrapped, version, of in rows(connection, f"SELECT {_KEY}, {status} FROM {table}"):  # noqa: S608
            yield _opens(lambda: records.unwrap_bound(wrapped, record_id, version, of))  # noqa: B023
    vault = Vault(key=keys["sealing"], purpose="sealed")
    for quarantine_id, body in rows(connection, "SELECT quarantine_id, body FROM quarantine"):
        yield _opens(lambda: vault.unwrap(body[:WRAPPED_BYTES], quarantine_id))  # noqa: B023
    for digest, receipt in rows(connection, "SELECT digest, receipt FROM inbox"):
        yield _opens(lambda: vault.unwrap(receipt[:WRAPPED_BYTES], digest))  # noqa: B023
    vault = Vault(key=keys["sealing"], purpose="disclosure")
    for record_id, request, attempt, body in rows(
        connection, "SELECT record_id, request, attempt, body FROM disclosure"
    ):
        place = record_id + request + attempt.to_bytes(1, "big")
        yield _opens(lambda: vault.unwrap(body, place))  # noqa: B023
    vault = Vault(key=keys["sealing"], purpose="acknowledgement")
    for key, envelope in rows(connection, "SELECT key, envelope FROM sealing_acknowledgement"):
        yield _opens(lambda: vault.unwrap(envelope, key.encode()))  # noqa: B023


def _lookup(connection: Connection, keys: Mapping[str, bytes]) -> Iterator[bool]:
    """Make the tokens of records again, open and sealed: those of content and of person with judgment."""
    sealer = Sealer(keys=NodeKeys(**keys))
    for table, vault, status in (
        ("open_record", sealer.open_vault, f"'{Status.OPEN}'"),
        ("sealed_record", sealer.sealed_vault, "r.status"),
    ):
        query = (
            f"SELECT r.record_id, r.version, r.wrapped_key, r.conviction, r.content, e.body, {status} "  # noqa: S608
            f"FROM {table} AS r JOIN record_event AS e ON e.record_id = r.record_id AND e.version = r.version"
        )
        for record_id, version, wrapped, conviction, content, body, of in rows(connection, query):
            try:
                data_key = Cipher(vault.unwrap_bound(wrapped, record_id, version, of))
                clear = data_key.unlock(body, event_place(record_id, version))
            except Corrupt:
                continue  # another key is wrong, or a row is damaged: this proves nothing about this key
            event = registry_pb2.RecordEvent.FromString(clear)
            digest = event.provenance.digest.hex()
            yield conviction == sealer.conviction(event.record) or content == token(
                keys["lookup"], "content", digest
            )


def _working(connection: Connection, keys: Mapping[str, bytes]) -> Iterator[bool]:
    """Decrypt working records."""
    key = Cipher(keys["working"])
    for working_id, body in rows(connection, "SELECT working_id, body FROM working_record"):
        yield _opens(lambda: key.unlock(body, b"working_record" + working_id))  # noqa: B023


def _commitment(connection: Connection, keys: Mapping[str, bytes]) -> Iterator[bool]:
    """Yield nothing: what this key makes leaves the node, and no row keeps it."""
    return iter(())


def _opens(attempt: Callable[[], bytes]) -> bool:
    try:
        attempt()
    except (Corrupt, ValueError):
        return False
    return True


#: Every key of a node. The tables are those of which some row needs the key.
NODE_KEYS: Final = (
    LOG_KEY,
    KeyKind("wrap", ("open_record", "application", "merge_event", "distinction_event"), _wrap),
    KeyKind(
        "sealing",
        (
            "sealed_record",
            "withdrawn_record",
            "quarantine",
            "inbox",
            "disclosure",
            "sealing_acknowledgement",
            "document_share",
        ),
        _sealing,
    ),
    KeyKind(
        "lookup",
        (
            "open_token",
            "sealed_token",
            "sealing_watch",
            "application_token",
            "person_link",
            "distinction",
            "moved",
            "stored_document",
            "quarantine",
        ),
        _lookup,
    ),
    KeyKind("working", ("working_record", "working_token", "working_access"), _working),
    KeyKind("commitment", (), _commitment),
)
