"""Rows as the register writes them: prepared outside the transaction, ciphertext only."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from federation.law import sealing
from federation.record.apart import with_its_reasons
from federation.record.classes import CRIMINAL
from federation.v1 import record_pb2, registry_pb2
from federation.values.enum_names import record_class_name
from federation.values.names import name_key
from federation.values.numbers import series
from federation.values.tokens import (
    case_token,
    class_token,
    digest_token,
    judgment_digests,
    judgment_token,
    person_tokens,
    token,
)
from node.store.judgments import JudgmentTokens
from node.store.key_chain import DataKey
from node.store.keys import NodeKeys
from node.store.vault import RecordVault, Vault, event_place
from server.journal.cipher import Cipher

#: The status to which a withdrawn record's key is bound.
WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class JudgmentMarks:
    """Tokens of (person, judgment): by the judgment's number, and by the day on which it became final.

    `cases` are tokens of the judgment alone.
    """

    numbers: tuple[bytes, ...]
    finals: tuple[bytes, ...]
    cases: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record version ready to be stored."""

    record_id: bytes
    version: int
    conviction: bytes
    content: bytes
    tokens: tuple[bytes, ...]
    status: sealing.Status
    wrapped_key: bytes
    event: bytes
    entered_at: str
    record_class: str = CRIMINAL
    #: The key of earlier versions, if this version begins a new one.
    former_key: bytes | None = None
    #: The token of person and judgment as the first program made it, from what was written.
    first_conviction: bytes = b""
    #: Token of its judgment, by which questions about its other offenders find a seal that is no proposal yet.
    judgment: bytes | None = None
    #: The same of its judgment and of those that its texts name: what is shown of these may name its offender.
    judgments: tuple[bytes, ...] = ()

    def current(self, entry: bytes) -> CurrentRecord:
        """Return the record's state once this row is stored, with the leaf hash of its log entry."""
        return CurrentRecord(
            record_id=self.record_id,
            version=self.version,
            content=self.content,
            wrapped_key=self.wrapped_key,
            entered_at=self.entered_at,
            entry=entry,
            status=self.status,
            conviction=self.conviction,
            record_class=self.record_class,
        )


@dataclass(frozen=True, slots=True)
class CurrentRecord:
    """The current state of a record."""

    record_id: bytes
    version: int
    content: bytes
    wrapped_key: bytes
    entered_at: str
    entry: bytes
    status: sealing.Status
    conviction: bytes
    record_class: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The last version of a record that is withdrawn: its key and event, both encrypted."""

    version: int
    wrapped_key: bytes
    event: bytes
    former_key: bytes | None = None


class Sealer(JudgmentTokens):
    """Turns a record version into a row: tokens, data key, ciphertext, and the table it belongs in."""

    def __init__(self, *, keys: NodeKeys) -> None:
        super().__init__(lookup=keys.lookup)
        self.open_vault = RecordVault(key=keys.wrap, purpose="open")
        self.sealed_vault = RecordVault(key=keys.sealing, purpose="sealed")
        self.withdrawn_vault = RecordVault(key=keys.sealing, purpose="withdrawn")
        #: For other nodes' answers to a seal, bound to the proposal.
        self.acknowledgement_vault = Vault(key=keys.sealing, purpose="acknowledgement")
        #: For digests of the numbers that merges link.
        self.link_vault = Vault(key=keys.wrap, purpose="link")
        #: For this node's own proposals while they spread.
        self.proposal_vault = Vault(key=keys.sealing, purpose="proposal")
        self.disclosure_vault = Vault(key=keys.sealing, purpose="disclosure")
        #: For runs over all records; under the key of the log, which no store is without.
        self.run_vault = Vault(key=keys.journal, purpose="run")

    def row(
        self,
        event: registry_pb2.RecordEvent,
        *,
        record_id: bytes,
        status: sealing.Status,
        data_key: DataKey | None = None,
    ) -> RecordRow:
        """Return the row for `event`; a later version of a record is given its `data_key` (`next_key`)."""
        data_key, told = data_key or DataKey(os.urandom(32)), with_its_reasons(event)
        body = Cipher(data_key.key).lock(
            event.SerializeToString(deterministic=True), event_place(record_id, event.version)
        )
        return RecordRow(
            record_id=record_id,
            version=event.version,
            conviction=self.conviction(event.record),
            content=token(self._lookup, "content", event.provenance.digest.hex()),
            tokens=self.found_by(told, status),
            status=status,
            wrapped_key=self.vault_for(status).wrap_bound(
                data_key.key, record_id, event.version, str(status)
            ),
            event=body,
            entered_at=event.provenance.entered_at,
            record_class=record_class_name(event.record.record_class),
            former_key=data_key.former,
            first_conviction=self.first_conviction(event.record),
            judgment=self.judgment(event.record),
            judgments=tuple(self.told_judgments(told)),
        )

    def data_key(self, current: CurrentRecord) -> bytes:
        """Return the data key of a current record; raises `Corrupt`."""
        return self.vault_for(current.status).unwrap_bound(
            current.wrapped_key, current.record_id, current.version, str(current.status)
        )

    def next_key(self, current: CurrentRecord, *, closes: bool) -> DataKey:
        """Return the data key of the record's next version: a new one if that version is not open."""
        key = self.data_key(current)
        if closes:
            return DataKey.after(key, current.record_id, current.version + 1)
        return DataKey(key)

    def withdrawal(self, current: CurrentRecord, event: registry_pb2.RecordEvent) -> Withdrawal:
        """Return `event` as the last version of a record; raises `Corrupt`."""
        record_id, key = current.record_id, self.next_key(current, closes=True)
        return Withdrawal(
            version=event.version,
            wrapped_key=self.withdrawn_vault.wrap_bound(key.key, record_id, event.version, WITHDRAWN),
            event=Cipher(key.key).lock(event.SerializeToString(), event_place(record_id, event.version)),
            former_key=key.former,
        )

    def tokens(self, person: record_pb2.Person) -> tuple[bytes, ...]:
        """Return the tokens under which `person` is found, each once."""
        return tuple(dict.fromkeys(person_tokens(self._lookup, person)))

    def found_by(self, record: record_pb2.Record, status: sealing.Status) -> tuple[bytes, ...]:
        """Return the tokens of a row; a sealed one is found by judgments too, to mark other offenders' records."""
        tokens = self._class_tokens(record)
        return tokens if status is sealing.Status.OPEN else (*tokens, *self.closed(record))

    def _class_tokens(self, record: record_pb2.Record) -> tuple[bytes, ...]:
        """Return the tokens of the record's person within its class (R64)."""
        name = record_class_name(record.record_class)
        return tuple(class_token(self._lookup, name, each) for each in self.tokens(record.person))

    def vault_for(self, status: sealing.Status) -> RecordVault:
        """Return the vault whose table holds records of `status`."""
        return self.open_vault if status is sealing.Status.OPEN else self.sealed_vault

    @property
    def vaults(self) -> tuple[RecordVault, ...]:
        """The vaults of open, sealed and withdrawn records."""
        return (self.open_vault, self.sealed_vault, self.withdrawn_vault)

    def digest_tokens(self, digests: Iterable[bytes]) -> list[bytes]:
        """Return the tokens of persons' digests, as a sealing proposal names them."""
        return [digest_token(self._lookup, digest) for digest in digests]

    def marks(self, record: record_pb2.Record, persons: Iterable[bytes]) -> JudgmentMarks:
        """Return the marks by which other holders' proposals may name the record, whose persons have these digests."""
        return self.judgment_marks(*judgment_digests(record, persons))

    def judgment_marks(
        self, numbers: Iterable[bytes], finals: Iterable[bytes], cases: Iterable[bytes] = ()
    ) -> JudgmentMarks:
        """Return the marks of (person, judgment) digests and of judgments, as a sealing proposal names them."""
        return JudgmentMarks(
            tuple(judgment_token(self._lookup, digest) for digest in numbers),
            tuple(judgment_token(self._lookup, digest) for digest in finals),
            tuple(case_token(self._lookup, digest) for digest in cases),
        )

    def proposal_content(self, digests: Iterable[bytes]) -> bytes:
        """Return the token of all digests that a proposal names: equal content makes no second proposal."""
        return token(self._lookup, "proposal", *(digest.hex() for digest in digests))

    def quarantine_id(self, digest: bytes) -> bytes:
        """Return the id under which content of this SHA-256 is kept aside: the same content, the same id."""
        return token(self._lookup, "quarantine", digest.hex())

    def conviction(self, record: record_pb2.Record) -> bytes:
        """Return the token of (person, judgment): a node registers each pair once.

        Without an identity number the person is the key of the name and the birth date; without a judgment number the
        judgment is its date and offences. A record of another class names its decision in place of a judgment (R64).
        """
        person = record.person
        if person.identifiers:
            kind, number = series(person.identifiers[0].type, person.identifiers[0].number)
            return self._conviction(f"{int(kind)}:{number}", record)
        return self._conviction(f"{name_key(person.names[0].text)}:{person.birth_date}", record)

    def first_conviction(self, record: record_pb2.Record) -> bytes:
        """Return the token by which the first program registered this person and judgment: of what was written."""
        person = record.person
        if person.identifiers:
            return self._conviction(
                f"{int(person.identifiers[0].type)}:{person.identifiers[0].number}", record
            )
        return self._conviction(f"{person.names[0].text}:{person.birth_date}", record)

    def _conviction(self, who: str, record: record_pb2.Record) -> bytes:
        if record.record_class != record_pb2.RECORD_CLASS_CRIMINAL:
            what = _decision(record)
        elif record.judgment_number.canonical:
            what = f"{record.judgment_number.canonical}:{record.court.name}"
        else:
            what = f"{record.final_on}:{'|'.join(sorted(o.name for o in record.offences))}"
        return token(self._lookup, "conviction", who, what)


def _decision(record: record_pb2.Record) -> str:
    """Return the values that identify a decision: its class, organ and number, or else its day and acts."""
    decision = record.decision
    acts = "|".join(sorted(offence.name for offence in record.offences))
    number = decision.number or f"{decision.decided_on}:{acts}"
    return f"{record_class_name(record.record_class)}:{decision.organ}:{number}"
