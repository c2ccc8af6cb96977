"""The common parts of every act on the register: identifying, checking, receipts and log entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from federation.charter.model import Charter
from federation.errors import InvalidRequest, NotFound, Stale
from federation.evidence.entry import EntryKind
from federation.law.sealing import Status
from federation.record import links
from federation.record.classes import holder_violations
from federation.record.extensions import Declarations
from federation.record.validate import admit
from federation.v1 import record_pb2, registry_pb2
from federation.values.clock import legal_day, stamp
from federation.values.hexadecimal import read_hex
from federation.values.tokens import person_digests
from federation.values.written import written_violations
from node.disclosures.disclosures import Disclosures
from node.register.decision import decision_on
from node.register.links import PersonLinks
from node.register.records import Records
from node.store.rows import CurrentRecord, JudgmentMarks, RecordRow, Sealer
from server.journal.journal import Journal
from server.journal.log import Once
from server.journal.work import View, Work
from server.opening import Act


@dataclass(frozen=True, slots=True)
class Register:
    """The tools that the parts of the register share."""

    journal: Journal
    sealer: Sealer
    records: Records
    disclosures: Disclosures
    #: The sealing profile of a day under the charter in force; not for commands, which have `Work.charter`.
    profile_on: Callable[[date], str]
    now: Callable[[], datetime]
    allow_synthetic: bool
    links: PersonLinks
    #: Class of the agency whose register it is: which classes of record and links it may keep (R64, R65).
    agency: str
    #: What the charter in force declares of additions to records (R22); not for commands, as above.
    extensions: Callable[[], Declarations] = Declarations

    def stands(self, event: registry_pb2.RecordEvent, at: datetime) -> Status:
        """Return the status of the newest version by today's rules, also for old records (A14).

        Commands use `judged` instead.
        """
        day = legal_day(at)
        return decision_on(event, self.profile_on(day), day).status

    def marks(self, record: record_pb2.Record, proposed_persons: Iterable[bytes] = ()) -> JudgmentMarks:
        """Return the marks by which other holders' proposals may name the record, under every number of its person.

        They cover the record's own persons, those that officers merged with them, and any of `proposed_persons`
        (digests that a proposal names) that are merged with them.
        """
        own = list(person_digests(record.person))
        tokens = self.sealer.digest_tokens(own)
        there = set(self.links.expand(tokens))
        merged = self.links.digests(there)
        named = [d for d in proposed_persons if self.sealer.digest_tokens([d])[0] in there]
        return self.sealer.marks(record, dict.fromkeys([*own, *merged, *named]))

    def judged(self, work: Work, event: registry_pb2.RecordEvent, at: datetime) -> Status:
        """Return the status as `stands` does, but within a command: by the charter of its transaction."""
        day = legal_day(at)
        return decision_on(event, work.charter.profile_on(day), day).status


def admit_here(
    record: record_pb2.Record,
    register: Register,
    at: datetime,
    *,
    final_instance: bool = False,
    charter: Charter | None = None,
    before: record_pb2.Record | None = None,
    new: bool = False,
) -> record_pb2.Record:
    """Return `record` in canonical form as this register may keep it; raises `InvalidRequest` with every fault.

    `final_instance` is true if a court's notice states that the judgment was final when made (A5); `new` if the record
    is to be entered, not corrected. Commands give the `charter` of their transaction. What the version `before` has
    among its additions is not judged again (R22).
    """
    kept_elsewhere = [
        *holder_violations(record, register.agency),
        *links.agency_violations(record, register.agency),
    ]
    try:
        canonical = admit(
            record,
            today=legal_day(at),
            allow_synthetic=register.allow_synthetic,
            final_instance=final_instance,
            extensions=register.extensions() if charter is None else charter.extensions,
            kept=None if before is None else before.extensions,
            new=new,
        )
    except InvalidRequest as error:
        raise InvalidRequest([*error.violations, *kept_elsewhere]) from None
    if kept_elsewhere:
        raise InvalidRequest(kept_elsewhere)
    return canonical


def registered(register: Register, view: View, rows: Iterable[RecordRow]) -> dict[bytes, CurrentRecord]:
    """Return the records already registered for person and judgment of `rows`, open or not, by the rows' conviction.

    Rows of an earlier program are found by the token of that time.
    """
    wanted = {row.conviction: row.first_conviction or row.conviction for row in rows}
    found = register.records.by_conviction(view, {*wanted, *wanted.values()})
    there = ((conviction, found.get(conviction) or found.get(first)) for conviction, first in wanted.items())
    return {conviction: current for conviction, current in there if current is not None}


def parse_id(text: str) -> bytes:
    """Return a record id from its 32 hex digits; raises `InvalidRequest`."""
    try:
        return read_hex(text, 16)
    except ValueError as error:
        raise InvalidRequest.of("record_id", "FORMAT", f"{error}: take it from its list or receipt") from None


def not_shown() -> NotFound:
    """Return the refusal to show a record: the same for one that is sealed, withheld, withdrawn or unknown (R41)."""
    return NotFound(
        "no record of that id can be shown: check the id; what waits for a decision is in `hutong node withheld`"
    )


def insist_current(work: Work, register: Register, record_id: bytes, expected_version: int) -> CurrentRecord:
    """Return the current record; raises `NotFound`, or `Stale` when somebody changed it first."""
    current = register.records.by_id(work.view, record_id)
    if current is None:
        raise NotFound("no record of that id: take the id from its list or receipt")
    if current.version != expected_version:
        raise Stale(
            f"the record is at version {current.version}, not {expected_version}: look again, then decide",
            current=str(current.version),
        )
    return current


def provenance_of(act: Act, at: datetime, record: record_pb2.Record, digest: bytes) -> record_pb2.Provenance:
    """Return the provenance of an entry: officer, instrument, content digest and time (R12)."""
    return record_pb2.Provenance(
        organ=act.installation.member,
        installation=str(act.installation),
        officer=act.officer,
        entered_at=stamp(at),
        instrument=record.instrument,
        digest=digest,
    )


def content_version(event: registry_pb2.RecordEvent) -> int:
    """Return the version that entered the content of `event`: an order about its sealing leaves that as it was."""
    if not event.HasField("content_provenance"):
        return event.version
    return (
        event.content_version or 1
    )  # orders of an earlier program do not say; most stand right after the entry


def receipt_of(row: RecordRow, digest: bytes, leaf: bytes) -> registry_pb2.Receipt:
    """Return the receipt of a stored row."""
    return registry_pb2.Receipt(
        record_id=row.record_id.hex(),
        version=row.version,
        digest=digest,
        entered_at=row.entered_at,
        log_entry=leaf,
    )


def log_change(
    work: Work,
    kind: EntryKind,
    act: Act,
    at: datetime,
    row: RecordRow,
    digest: bytes,
    once: Once | None,
    *,
    spreading: bool = False,
) -> bytes:
    """Add the log entry of a change to `row`, which a seal on its way may have caused; return its leaf hash."""
    add = work.log.defer if spreading else work.log.append
    return add(
        kind,
        at=stamp(at),
        once=once,
        officer=act.officer,
        by=str(act.installation),
        record=row.record_id.hex(),
        version=row.version,
        digest=digest.hex(),
    )


def insist_reason(reason: str) -> None:
    """Raise `InvalidRequest` unless a readable reason is given."""
    violations = list(written_violations("reason", reason, missing=("R2", "say why")))
    if violations:
        raise InvalidRequest(violations)
