"""Two registrations of one person: merged for every later question, and taken apart again (R2, R47).

A merge links the blind tokens of identity numbers and changes no record: a sealed part stays sealed, records
entered under either number later belong to both, and an undone merge leaves nothing behind but its history.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from federation.errors import (
    AlreadyExists,
    FieldViolation,
    InvalidRequest,
    NotFound,
    OutOfOrder,
    Stale,
)
from federation.evidence.entry import EntryKind
from federation.law.sealing import Status
from federation.record.others import act_without_others
from federation.record.texts import text_faults
from federation.v1 import identity_pb2 as pb
from federation.v1 import record_pb2, registry_pb2
from federation.values.clock import stamp
from federation.values.hexadecimal import read_hex
from node.identity import link_digests
from node.identity.merge_store import MergeStore
from node.register.acts import Register, insist_current, insist_reason, not_shown, parse_id
from node.register.links import PersonLinks
from node.register.sealed_others import SealedOthers
from node.sealing.refitting import free, held_by_merge, hold_fitting
from node.store.by_token import ids_by_tokens, open_by_tokens
from server.journal.work import Work
from server.opening import Act

MOST_SHOWN = 1000


class PersonMerger:
    """Merges registrations of this node, and takes merges back."""

    def __init__(
        self, *, register: Register, others: SealedOthers, lookup_key: bytes, wrap_key: bytes
    ) -> None:
        self._register = register
        self._others = others
        self._lookup = lookup_key
        self._merges = MergeStore(key=wrap_key)

    @property
    def links(self) -> PersonLinks:
        """The current links."""
        return self._register.links

    def merge(self, body: pb.Merge, act: Act) -> pb.PersonMerge:
        """Merge two records as one person's; other holders' seals under either number apply to both (R45).

        Raises `InvalidRequest` (no number, the same person already), `NotFound`, `Stale`, or `AlreadyExists`
        when another officer merged them first.
        """
        insist_reason(body.reason)
        insist_instrument(body.instrument)
        at = self._register.now()
        one, other = parse_id(body.one.record_id), parse_id(body.other.record_id)

        def command(work: Work) -> tuple[pb.PersonMerge, list[bytes]]:
            act.insist_first(work)
            first = self._digests(work, one, body.one.expected_version, at)
            second = self._digests(work, other, body.other.expected_version, at)
            self._insist_two(work, first, second)
            event = pb.MergeEvent(
                version=1,
                step=pb.MERGE_STEP_MERGED,
                one=body.one,
                other=body.other,
                reason=body.reason,
                instrument=body.instrument,
            )
            merge_id = os.urandom(16)
            self._write(work, merge_id, event, act, at, EntryKind.PERSONS_MERGED)
            self.links.store.link(work, merge_id, first, second)
            merged = self._as_linked(work)
            tokens = merged.links.expand([*first, *second])
            self._hold(work, merged, tokens, act, at)
            return self._merges.read(work.view, merge_id), tokens

        merge, tokens = self._register.journal.run(command).value
        self._then_linked(merge)
        # Repeated for records that came in under the old links, before memory was updated.
        self._register.journal.run(lambda work: self._hold(work, self._register, tokens, act, at))
        return merge

    def undo(self, body: pb.MergeUndoing, act: Act) -> pb.PersonMerge:
        """Undo a merge: recall answers that rested on it, and release records withheld only because of it (R45).

        Raises `NotFound`, `Stale`, or `OutOfOrder` for one that was undone before.
        """
        insist_reason(body.reason)
        at = self._register.now()
        merge_id = _merge_id(body.merge_id)

        def command(work: Work) -> tuple[pb.PersonMerge, list[bytes], list[bytes]]:
            act.insist_first(work)
            before = self._merges.read(work.view, merge_id)
            newest = before.events[-1]
            if not before.stands:
                raise OutOfOrder(
                    f"{newest.officer} took this merge back at {newest.at}: nothing is left to undo",
                    reason="UNDONE",
                )
            if before.version != body.expected_version:
                raise Stale(
                    f"the merge is at version {before.version}, not {body.expected_version}: look again, then decide",
                    current=str(before.version),
                )
            event = pb.MergeEvent(
                version=before.version + 1,
                step=pb.MERGE_STEP_UNDONE,
                one=newest.one,
                other=newest.other,
                reason=body.reason,
            )
            self._write(work, merge_id, event, act, at, EntryKind.MERGE_UNDONE)
            one, other = (
                ids_by_tokens(work.view, side) for side in self.links.store.sides(work.view, merge_id)
            )
            merged = self._as_linked(work)
            self.links.store.unlink(work, merge_id)
            parted = self._as_linked(work)
            held = held_by_merge(work, merged, parted, dict.fromkeys([*one, *other]))
            free(work, parted, list(held), act, at, f"merge {merge_id.hex()} taken back")
            self.links.store.forget_unlinked(work)
            self._register.disclosures.taken_apart(work, one, other, at)
            after = self._merges.read(work.view, merge_id)
            if not self._may_be_shown(work, after):
                del after.events[:]
            self._without_others(work, after)
            return after, one, other

        undone, one, other = self._register.journal.run(command).value
        self._then_linked(undone)
        # Repeated for answers that used the old links, before memory was updated.
        self._register.journal.run(lambda work: self._register.disclosures.taken_apart(work, one, other, at))
        return undone

    def show(self, wanted: pb.MergeFilter, act: Act) -> list[pb.PersonMerge]:
        """Return one merge, or the newest, with every step; raises `NotFound` or `InvalidRequest`.

        A merge of a record that is not open today is treated as if it did not exist (R45).
        """
        if not 1 <= wanted.limit <= MOST_SHOWN:
            raise InvalidRequest.of("limit", "SIZE", f"1 to {MOST_SHOWN}")
        at = stamp(self._register.now())
        only = _merge_id(wanted.merge_id) if wanted.merge_id else None

        def command(work: Work) -> list[pb.PersonMerge]:
            act.insist_first(work)
            ids = [only] if only else self._merges.ids(work.view)
            read = [self._merges.read(work.view, each) for each in ids]
            found = [merge for merge in read if self._may_be_shown(work, merge)]
            for merge in found:
                self._without_others(work, merge)
            if only and not found:
                raise NotFound("no merge of that id can be shown: take the id from the list of merges")
            act.log(
                work,
                EntryKind.MERGES_SHOWN,
                at=at,
                merges=len(found),
            )
            return sorted(found, key=lambda merge: merge.events[0].at, reverse=True)[: wanted.limit]

        return self._register.journal.run(command).value

    def _digests(self, work: Work, record_id: bytes, expected: int, at: datetime) -> Mapping[bytes, bytes]:
        """Return the digests of the identity numbers of an open record, by token; a sealed one is not found."""
        event = self._open(work, record_id, at)
        if event is None:
            raise not_shown()
        insist_current(work, self._register, record_id, expected)
        return link_digests.of_numbers(self._lookup, event.record.person)

    def _as_linked(self, work: Work) -> Register:
        """Return the register's tools with the links as this transaction has them."""
        links = PersonLinks(self._register.sealer.link_vault)
        links.load(work.view)
        return replace(self._register, links=links)

    def _hold(self, work: Work, register: Register, tokens: Iterable[bytes], act: Act, at: datetime) -> None:
        """Compare both sides of a merge with other holders' seals, and withhold the records that they fit."""
        standings = open_by_tokens(work.view, tokens)
        for _ in hold_fitting(work, register, standings, act, at):
            pass  # each is withheld as it is found

    def _open(self, work: Work, record_id: bytes, at: datetime) -> registry_pb2.RecordEvent | None:
        current = self._register.records.by_id(work.view, record_id)
        if current is None or current.status is not Status.OPEN:
            return None
        event = self._register.records.newest(work.view, current)
        return event if self._register.judged(work, event, at) is Status.OPEN else None

    def _may_be_shown(self, work: Work, merge: pb.PersonMerge) -> bool:
        merged, at = merge.events[0], self._register.now()
        return all(
            self._open(work, parse_id(version.record_id), at) is not None
            for version in (merged.one, merged.other)
        )

    def _without_others(self, work: Work, merge: pb.PersonMerge) -> None:
        """Leave out what may name an offender of either judgment who is sealed (R41)."""
        if not merge.events:
            return
        merged, at = merge.events[0], self._register.now()
        sides = (parse_id(version.record_id) for version in (merged.one, merged.other))
        shown = {side: event.record for side in sides if (event := self._open(work, side, at)) is not None}
        for record_id in sorted(self._others.of(shown, work)):
            for step in merge.events:
                act_without_others(step, shown[record_id])

    def _insist_two(self, work: Work, first: Iterable[bytes], second: Iterable[bytes]) -> None:
        """Raise unless both sides have identity numbers and are not registered as one person already."""
        one, other = set(first), set(second)
        if not one or not other:
            raise InvalidRequest.of(
                "other.record_id" if one else "one.record_id",
                "R14",
                "has no identity number: a name alone is many persons'. Amend that record, giving its number",
            )
        if one & other:
            raise InvalidRequest.of("other.record_id", "R14", "bears the same identity number already")
        if self._as_linked(work).links.are_one(one, other):
            raise AlreadyExists("these two are merged already: list the merges to see by whom and why")

    def _write(
        self, work: Work, merge_id: bytes, event: pb.MergeEvent, act: Act, at: datetime, kind: EntryKind
    ) -> None:
        event.officer, event.installation, event.at = act.officer, str(act.installation), stamp(at)
        clear = self._merges.write(work, merge_id, event)
        act.log(
            work,
            kind,
            at=stamp(at),
            merge=merge_id.hex(),
            version=event.version,
            records=[event.one.record_id, event.other.record_id],
            digest=hashlib.sha256(clear).hexdigest(),
        )

    def _then_linked(self, merge: pb.PersonMerge) -> pb.PersonMerge:
        """Load the links before the act is acknowledged, so that later questions are answered by them."""
        with self._register.journal.reading() as view:
            self.links.load(view)
        return merge


def insist_instrument(instrument: record_pb2.Instrument) -> None:
    """Raise `InvalidRequest` unless the document on which an act rests is named."""
    violations = text_faults(instrument, "instrument.")
    violations += [
        FieldViolation(f"instrument.{name}", "R1", "name the document on which this rests")
        for name in ("reference", "issuer")
        if not getattr(instrument, name)
    ]
    if violations:
        raise InvalidRequest(violations)


def _merge_id(text: str) -> bytes:
    try:
        return read_hex(text, 16)
    except ValueError as error:
        raise InvalidRequest.of("merge_id", "FORMAT", str(error)) from None
