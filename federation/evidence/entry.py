"""Log entries and their leaf hashes: canonical JSON with a salt, so that the hash reveals nothing about the entry.

Witnesses and auditors of other members see leaves only. Without the 32 random bytes of salt, a hash over a
guessable body (a name, a docket number) could be confirmed by trying.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

from federation.errors import Corrupt
from federation.evidence.merkle import leaf_hash

SALT_BYTES = 32

Value: TypeAlias = "str | int | Sequence[Value] | Mapping[str, Value]"
"""What a body may hold: no float (its text differs between languages), no null (leave the field out)."""


class EntryKind(StrEnum):
    """The kinds of entries; `MEANING` says what each one accounts for."""

    STORE_MADE = "store_made"
    STARTED = "started"
    STOPPED = "stopped"
    CHARTER_CHANGED = "charter_changed"
    REQUEST = "request"
    ANSWER = "answer"
    LOOKUP = "lookup"
    REPEAT = "repeat"
    REFUSED = "refused"
    ENTERED = "entered"
    QUARANTINED = "quarantined"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"
    SHOWN = "shown"
    SEALED_ACCESS = "sealed_access"
    UNDERTAKEN = "undertaken"
    RESEALED = "resealed"
    SPREADING = "spreading"
    PROPOSED = "proposed"
    ACKNOWLEDGED = "acknowledged"
    RETROACTIVE_RUN = "retroactive_run"
    RUN_OVERSEEN = "run_overseen"
    RUN_REVERSED = "run_reversed"
    INCIDENT = "incident"
    EXPORTED = "exported"
    APPLICATION = "application"
    APPLICATION_SHOWN = "application_shown"
    ANNOUNCED = "announced"
    DOCUMENT_ISSUED = "document_issued"
    DOCUMENT_CHECKED = "document_checked"
    IDENTITY_SPLIT = "identity_split"
    PERSONS_MERGED = "persons_merged"
    MERGE_UNDONE = "merge_undone"
    MERGES_SHOWN = "merges_shown"
    CANDIDATES_SHOWN = "candidates_shown"
    PERSONS_DISTINGUISHED = "persons_distinguished"
    DISTINCTION_UNDONE = "distinction_undone"
    DISTINCTIONS_SHOWN = "distinctions_shown"
    NOTICES_ACCEPTED = "notices_accepted"
    NOTICE_REGISTERED = "notice_registered"
    NOTICE_WAITING = "notice_waiting"
    NOTICE_REFUSED = "notice_refused"
    NOTICE_FORWARDED = "notice_forwarded"
    NOTICE_DECIDED = "notice_decided"
    NOTICE_PARKED = "notice_parked"
    NOTICE_TRACKED = "notice_tracked"
    RECALLED = "recalled"
    WORKING_ADDED = "working_added"
    WORKING_SHOWN = "working_shown"
    WORKING_ASSIGNED = "working_assigned"
    WORKING_REFUSED = "working_refused"
    RECALLS_SHOWN = "recalls_shown"
    RECALL_ACKNOWLEDGED = "recall_acknowledged"
    DOCUMENT_UPLOAD = "document_upload"
    DOCUMENT_RECEIVED = "document_received"
    DOCUMENT_ATTACHED = "document_attached"
    DOCUMENT_RELEASED = "document_released"
    DOCUMENT_SHOWN = "document_shown"
    EXPECTED_LISTED = "expected_listed"
    RECONCILED = "reconciled"
    PARKED_SHOWN = "parked_shown"
    PARKED_AGAIN = "parked_again"
    LOG_ACCEPTED = "log_accepted"
    OFFICER_REGISTERED = "officer_registered"
    OFFICER_REMOVED = "officer_removed"
    OFFICERS_SHOWN = "officers_shown"
    OFFICER_CERTIFIED = "officer_certified"
    REGISTER_MENDED = "register_mended"


MEANING: Mapping[EntryKind, str] = {
    EntryKind.STORE_MADE: "The store and its secret keys were made; the first entry of every log.",
    EntryKind.STARTED: "The installation began to serve, with this charter and this version of the program.",
    EntryKind.STOPPED: "The installation stopped in order.",
    EntryKind.CHARTER_CHANGED: "Another charter came into force by this entry; it applies to every later entry.",
    EntryKind.REQUEST: "A question was received, verified and permitted; written before anybody is asked.",
    EntryKind.ANSWER: "The digest of the signed answer, written before it leaves the gateway.",
    EntryKind.LOOKUP: "A node answered a question: digests of request and answer, before it is sent.",
    EntryKind.REPEAT: "The same request came again by the same gateway and was answered again.",
    EntryKind.REFUSED: "A call was refused: who made it, and why.",
    EntryKind.ENTERED: "A record was entered.",
    EntryKind.QUARANTINED: "A record could not be entered and waits with its reasons.",
    EntryKind.AMENDED: "A record was corrected; the earlier version stays.",
    EntryKind.WITHDRAWN: "A record was withdrawn from every answer.",
    EntryKind.SHOWN: "A record or its history was shown to its own agency.",
    EntryKind.SEALED_ACCESS: "Sealed records were searched under a case or basis and an undertaking.",
    EntryKind.UNDERTAKEN: "An officer's signed application for sealed records was used, once and for one request.",
    EntryKind.RESEALED: "A record was sealed or opened: its data key was encrypted anew.",
    EntryKind.SPREADING: "Events about seals, collected at a fixed time or for a reader, also when there are none.",
    EntryKind.PROPOSED: "A gateway proposed to withhold a record on other holders' facts.",
    EntryKind.ACKNOWLEDGED: "Nodes acknowledged a seal, refused it, or objected to it.",
    EntryKind.RETROACTIVE_RUN: "A run over all records by the day's profile ended: how many have which status (A14).",
    EntryKind.RUN_OVERSEEN: "An officer was shown the runs over all records, approved one, or had it reversed.",
    EntryKind.RUN_REVERSED: "A run over all records was taken back: how many records stand as before it.",
    EntryKind.INCIDENT: "Something that a person must look at, such as holders who disagree on sealing.",
    EntryKind.EXPORTED: "Entries of this log were exported in clear.",
    EntryKind.APPLICATION: "A step of an application was taken: which, by which officer, decided how (R34).",
    EntryKind.APPLICATION_SHOWN: "Applications were listed, or one was shown, to their own agency.",
    EntryKind.ANNOUNCED: "An application was announced: when its question is asked, and about how many (A27).",
    EntryKind.DOCUMENT_ISSUED: "A document was issued: its number and digest, never its content.",
    EntryKind.DOCUMENT_CHECKED: "A member checked a document's number and code.",
    EntryKind.IDENTITY_SPLIT: "A record was corrected to its true offender: another's identity was stolen (冒名).",
    EntryKind.PERSONS_MERGED: "Two registrations were found to be one person's.",
    EntryKind.MERGE_UNDONE: "A merge of two registrations was taken back.",
    EntryKind.MERGES_SHOWN: "Merges of registrations were shown to their own agency.",
    EntryKind.CANDIDATES_SHOWN: "Records that may be a person's were shown to their own agency.",
    EntryKind.PERSONS_DISTINGUISHED: "An officer decided that a record is not a certain person's.",
    EntryKind.DISTINCTION_UNDONE: "Such a decision was taken back.",
    EntryKind.DISTINCTIONS_SHOWN: "Such decisions were shown to their own agency.",
    EntryKind.NOTICES_ACCEPTED: "A page of notices came to a gateway: how many it accepted and refused.",
    EntryKind.NOTICE_REGISTERED: "The effect of a notice was entered in the register.",
    EntryKind.NOTICE_WAITING: "A notice fits no record, contradicts another or asks to correct: an officer decides.",
    EntryKind.NOTICE_REFUSED: "A notice was refused at a node, with the rules it breaks.",
    EntryKind.NOTICE_FORWARDED: "A notice was sent on to the organ that registers the person now.",
    EntryKind.NOTICE_DECIDED: "An officer decided on a notice that waited.",
    EntryKind.NOTICE_PARKED: "A notice or document cannot be delivered as it is and waits at the gateway.",
    EntryKind.NOTICE_TRACKED: "A sender or officer was shown the stages of notices.",
    EntryKind.WORKING_ADDED: "A working record (工作记录) was kept for its case-handlers.",
    EntryKind.WORKING_SHOWN: "A working record was shown to a case-handler, or its handlers' records were searched.",
    EntryKind.WORKING_ASSIGNED: "A case-handler let another officer handle a working record too.",
    EntryKind.WORKING_REFUSED: "An officer who does not handle a working record tried to see or assign it.",
    EntryKind.RECALLED: "A record changed that earlier answers had shown: how many answers are recalled.",
    EntryKind.RECALLS_SHOWN: "A member was shown its recalls, or an agency the recalls of its nodes' records.",
    EntryKind.RECALL_ACKNOWLEDGED: "A member acknowledged recalls: the answers are destroyed.",
    EntryKind.DOCUMENT_UPLOAD: "An upload of a document to a gateway began or continued: by whom, which document.",
    EntryKind.DOCUMENT_RECEIVED: "A document is whole, verified and durable here.",
    EntryKind.DOCUMENT_ATTACHED: "An officer kept a scan with a record of the own node: which record, which document.",
    EntryKind.DOCUMENT_RELEASED: "A gateway deleted a document: each node that needs it has it, or no notice named it.",
    EntryKind.DOCUMENT_SHOWN: "A document of a notice or record was asked for by an officer, with the reason.",
    EntryKind.EXPECTED_LISTED: "An officer was shown which notices should have come by now.",
    EntryKind.RECONCILED: "A court's list of effective judgments was compared with the notices it sent.",
    EntryKind.PARKED_SHOWN: "An officer was shown what is parked at a gateway.",
    EntryKind.PARKED_AGAIN: "An officer had what was parked delivered again, with the reason.",
    EntryKind.LOG_ACCEPTED: "A node's log that had gone back was accepted by its own agency: what it lost, and why.",
    EntryKind.OFFICER_REGISTERED: "An officer was registered at the own member's node: id, name, key, and the reason.",
    EntryKind.OFFICER_REMOVED: "An officer was removed from those who act at a node, with the reason.",
    EntryKind.OFFICERS_SHOWN: "The registered officers were shown to their own agency.",
    EntryKind.OFFICER_CERTIFIED: "An officer got a certificate of being registered, for servers of other members.",
    EntryKind.REGISTER_MENDED: "An operator took out of a register changed from outside what the log does not show.",
}

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def body_bytes(kind: str, at: str, **fields: Value) -> bytes:
    """Return an entry's body as canonical JSON: sorted keys, no spaces, UTF-8.

    `at` is a `federation.values.clock.stamp`. Raises `ValueError` for a value that has no single canonical text.
    """
    if "kind" in fields or "at" in fields:
        raise ValueError("kind and at are given once")
    _insist_plain(fields)
    return _ENCODER.encode({"kind": str(kind), "at": at, **fields}).encode()


def read_body(body: bytes) -> dict[str, Value]:
    """Return the fields of an entry's body; raises `Corrupt` when it is not canonical."""
    try:
        fields = json.loads(body)
        canonical = _ENCODER.encode(fields).encode()
    except (ValueError, RecursionError):
        raise Corrupt("a log entry is not JSON") from None
    if not isinstance(fields, dict) or canonical != body or not isinstance(fields.get("kind"), str):
        raise Corrupt("a log entry is not in its canonical form")
    return fields


def events_of(entry: Mapping[str, Value]) -> list[dict[str, Value]]:
    """Return the events that an entry accounts for: those that a `spreading` entry collects, or else itself.

    Raises `Corrupt` when such an entry does not hold events.
    """
    if entry["kind"] != EntryKind.SPREADING:
        return [dict(entry)]
    events, found = entry.get("events"), []
    for event in events if isinstance(events, list) else ():
        inner = event.get("entry") if isinstance(event, dict) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("kind"), str):
            raise Corrupt("an entry that collects events holds something else")
        found.append(inner)
    return found


def new_salt() -> bytes:
    """Return a fresh salt."""
    return secrets.token_bytes(SALT_BYTES)


def salted_leaf(salt: bytes, body: bytes) -> bytes:
    """Return the leaf hash of an entry: SHA-256(0x00 || salt || body)."""
    if len(salt) != SALT_BYTES:
        raise Corrupt(f"a salt has {SALT_BYTES} bytes")
    return leaf_hash(salt + body)


def _insist_plain(value: object) -> None:
    if isinstance(value, str | int):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"the key of a log entry is text, not {type(key).__name__}")
            _insist_plain(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _insist_plain(item)
    else:
        raise ValueError(f"a log entry cannot hold a value of type {type(value).__name__}")
