"""Changes to a node's database file from outside, and what each must lead to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from federation.v1 import query_pb2 as pb
from tests.support.records import Someone

Finding: TypeAlias = "pb.Finding.ValueType"


@dataclass(frozen=True)
class Persons:
    """Persons of whom the police's node has one record each."""

    open: Someone
    #: Sealed by rule when it was entered.
    minor: Someone
    #: Open at first, then sealed by notice.
    closed: Someone
    #: The ids of their records, and of another one, by the names above.
    ids: dict[str, bytes]
    #: A copy of the database from before that sealing.
    earlier: Path


@dataclass(frozen=True)
class Change:
    """What an administrator does, of whom somebody then asks, and what the check says of that person's record."""

    statements: tuple[str, ...]
    of: str
    named: str
    #: Whether the first question is one that the change can reach; else the recount after the start finds it.
    reached: bool = True
    #: Whether the node gets as far as refusing: first it takes the seals that wait, and may need the record for it.
    refused: bool = True
    #: What is found about the person once the register is mended.
    after: Finding = pb.FINDING_NO_RECORD


_COLUMNS = "record_id, version, conviction, content, wrapped_key, entered_at, entry, record_class"
_OPENED_AGAIN = (
    f"INSERT INTO open_record ({_COLUMNS}) SELECT {_COLUMNS} FROM earlier.open_record WHERE record_id = :its",
    "INSERT INTO open_token SELECT * FROM earlier.open_token WHERE record_id = :its",
    "DELETE FROM sealed_token WHERE record_id = :its",
    "DELETE FROM sealed_record WHERE record_id = :its",
)
_TALLY = ("tally_head", "tally_amount", "tally_change")
_NO_TALLY = tuple(f"DELETE FROM {table}" for table in _TALLY)
_NO_TOKENS = "DELETE FROM open_token WHERE record_id = :its"
_EARLIER = "version 1, but the log's newest is 2"
CHANGES = {
    "moves a sealed record to the open ones": Change(
        (
            f"INSERT INTO open_record ({_COLUMNS}) SELECT {_COLUMNS} FROM sealed_record WHERE record_id = :its",
            "INSERT INTO open_token SELECT * FROM sealed_token WHERE record_id = :its",
        ),
        "minor",
        "cannot be read",
    ),
    "puts back the open version of a sealed record": Change(_OPENED_AGAIN, "closed", _EARLIER),
    "puts it back with the amounts of that time": Change(
        (
            *_OPENED_AGAIN,
            *_NO_TALLY[1:],
            *(f"INSERT INTO {table} SELECT * FROM earlier.{table}" for table in _TALLY[1:]),
        ),
        "closed",
        _EARLIER,
    ),
    "puts it back with amounts and head of that time": Change(
        (
            *_OPENED_AGAIN,
            *_NO_TALLY,
            *(f"INSERT INTO {table} SELECT * FROM earlier.{table}" for table in _TALLY),
        ),
        "closed",
        _EARLIER,
    ),
    "deletes a record with its tokens": Change(
        (_NO_TOKENS, "DELETE FROM open_record WHERE record_id = :its"), "open", "is missing"
    ),
    "deletes a record alone": Change(
        ("DELETE FROM open_record WHERE record_id = :its",), "open", "is missing"
    ),
    "deletes the tokens of a record": Change(
        (_NO_TOKENS,), "open", "by which it is found are missing", after=pb.FINDING_RECORD
    ),
    "deletes a version": Change(
        ("DROP TRIGGER record_event_no_delete", "DELETE FROM record_event WHERE record_id = :its"),
        "open",
        "cannot be read",
        refused=False,
    ),
    "deletes a sealed record": Change(
        (
            "DELETE FROM sealed_token WHERE record_id = :its",
            "DELETE FROM sealed_record WHERE record_id = :its",
        ),
        "minor",
        "is missing",
        reached=False,
    ),
    "changes a status": Change(
        ("UPDATE sealed_record SET status = 'WITHHELD' WHERE record_id = :its",),
        "minor",
        "cannot be read",
        reached=False,
    ),
    "gives a record the key of another": Change(
        (
            "UPDATE open_record SET wrapped_key = (SELECT wrapped_key FROM open_record WHERE record_id = :other) "
            "WHERE record_id = :its",
        ),
        "open",
        "cannot be read",
        refused=False,
    ),
    "restores one table": Change(
        ("DELETE FROM sealed_record", "INSERT INTO sealed_record SELECT * FROM earlier.sealed_record"),
        "closed",
        "is missing",
        reached=False,
    ),
    "removes the tally": Change(
        (_NO_TOKENS, *_NO_TALLY), "open", "by which it is found are missing", after=pb.FINDING_RECORD
    ),
    "makes it a store of an earlier program": Change(
        (
            _NO_TOKENS,
            *_NO_TALLY,
            *(f"DROP TABLE {table}" for table in _TALLY),
            "UPDATE journal_schema_version SET version_num = '0003'",
        ),
        "open",
        "by which it is found are missing",
        after=pb.FINDING_RECORD,
    ),
}
