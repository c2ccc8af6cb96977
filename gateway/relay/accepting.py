"""Accepting notices: verified, checked, routed; durable with their deliveries before the receipt is given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from federation.charter.model import Charter
from federation.clock import stamp
from federation.envelope import GATEWAY, Opened, Signer, open_statement, require_same_member
from federation.errors import FieldViolation, HutongError, Replayed
from federation.evidence.entry import EntryKind
from federation.identity import Installation
from federation.methods import SUBMIT_NOTICES
from federation.notices.receipts import sign_receipts, violations_of
from federation.notices.requests import signing_role
from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.documents.shelf import Shelf
from gateway.relay import schema
from gateway.relay.fitting import Fit, Fitting, page_of
from gateway.relay.strongbox import Strongbox
from journal.journal import Journal
from journal.log import Once
from journal.writer import Work

_INSERT_NOTICE = insert(schema.notice)
_INSERT_DELIVERY = insert(schema.delivery)
_KNOWN = (
    select(
        schema.notice.c.digest,
        schema.notice.c.sender,
        schema.notice.c.submission_id,
        schema.submission.c.acceptance,
    )
    .join(schema.submission)
    .where(schema.notice.c.digest.in_(bindparam("digests", expanding=True)))
)


class Accepting:
    """Takes notices from their senders."""

    def __init__(
        self,
        *,
        journal: Journal,
        strongbox: Strongbox,
        documents: Shelf,
        fitting: Fitting,
        signer: Signer,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
        accepted: Callable[[frozenset[str]], None],
    ) -> None:
        """`accepted` hears, after the commit, of the nodes to which something goes."""
        self._journal = journal
        self._box = strongbox
        self._documents = documents
        self._fitting = fitting
        self._signer = signer
        self._charter = charter
        self._now = now
        self._accepted = accepted
        # Checking a page is computing: side by side, threads would only hand the interpreter to and fro.
        self._turn = threading.Lock()

    def submit(self, consignment: pb.Consignment, peer: Installation) -> Envelope:
        """Return the signed receipts of a page: each notice ACCEPTED, or REFUSED with every reason.

        Raises `Unauthenticated`, `PermissionDenied`, or `InvalidRequest` when the page does not fit its notices.
        """
        now, charter = self._now(), self._charter()
        opened = open_statement(
            consignment.envelope,
            charter,
            method=SUBMIT_NOTICES,
            destination=GATEWAY,
            role=signing_role(consignment.envelope, charter, consignment.notices),
            now=now,
        )
        require_same_member(opened, peer)
        digests = page_of(opened, consignment)
        with self._journal.engine.connect() as connection:
            known = {row.digest for row in connection.execute(_KNOWN, {"digests": digests})}
        with self._turn:
            fits = {
                digest: self._fitting.fit(digest, content, opened, charter, now)
                for digest, content in dict(zip(digests, consignment.notices, strict=True)).items()
                if digest not in known
            }
        once = Once(opened.keyid, opened.statement.nonce)

        def command(work: Work) -> tuple[Envelope, frozenset[str]]:
            if work.log.replays(work.connection, [once]):
                raise Replayed("this envelope was used before; sign a new one naming `retry_of`")
            return self._store(work, consignment, opened, charter, digests, fits, once, now)

        receipts, nodes = self._journal.run(command, onces=[once]).value
        self._accepted(nodes)
        return receipts

    def _store(
        self,
        work: Work,
        consignment: pb.Consignment,
        opened: Opened,
        charter: Charter,
        digests: Sequence[bytes],
        fits: dict[bytes, Fit | pb.NoticeReceipt],
        once: Once,
        now: datetime,
    ) -> tuple[Envelope, frozenset[str]]:
        receipts, new, seen, twice = [], list[Fit](), set[bytes](), list[int]()
        earlier = self._earlier(work.connection, digests, opened)
        for digest in digests:
            fit = fits.get(digest)
            if digest in earlier:
                receipts.append(earlier[digest])
            elif isinstance(fit, Fit):
                if digest in seen:
                    twice.append(len(receipts))
                else:
                    new.append(fit)
                seen.add(digest)
                receipts.append(fit.receipt)
            else:
                receipts.append(fit or _vanished(digest))
        leaf = work.log.append(
            EntryKind.NOTICES_ACCEPTED,
            at=stamp(now),
            once=once,
            request=opened.digest.hex(),
            officer=opened.officer,
            by=str(opened.installation),
            accepted=len(new),
            repeated=sum(d in earlier for d in digests),
            refused=sum(r.stage == pb.NOTICE_STAGE_REFUSED for r in receipts),
            rules=sorted({v.rule for r in receipts for v in r.violations}),
        )
        for fit in new:
            fit.receipt.log_entry = leaf
        for place in twice:
            again = pb.NoticeReceipt(repeated=True)
            again.MergeFrom(receipts[place])
            receipts[place] = again
        acceptance = sign_receipts(
            receipts, charter=charter, signer=self._signer, log_size=0, log_root=b"", now=now
        )
        if new:
            self._insert(work, consignment, opened, acceptance, new, now)
        return acceptance, frozenset(str(d["node"]) for fit in new for d in fit.deliveries)

    def _insert(
        self,
        work: Work,
        consignment: pb.Consignment,
        opened: Opened,
        acceptance: Envelope,
        new: Sequence[Fit],
        now: datetime,
    ) -> None:
        inserted = work.connection.execute(
            insert(schema.submission),
            {
                "sender": opened.installation.member,
                "accepted_at": stamp(now),
                "envelope": self._box.lock(consignment.envelope.SerializeToString(), b"submission"),
                "acceptance": self._box.lock(acceptance.SerializeToString(), b"acceptance"),
            },
        )
        submission_id = inserted.inserted_primary_key[0]  # type: ignore[index]
        rows = [fit.row | {"submission_id": submission_id} for fit in new]
        work.connection.execute(_INSERT_NOTICE, rows)
        work.connection.execute(_INSERT_DELIVERY, [d for fit in new for d in fit.deliveries])
        for fit in new:
            self._documents.announce(
                work.connection,
                opened.installation.member,
                fit.receipt.notice,
                fit.documents,
                now.timestamp(),
            )

    def _earlier(
        self, connection: Connection, digests: Sequence[bytes], opened: Opened
    ) -> dict[bytes, pb.NoticeReceipt]:
        """Return the first receipt of each notice that was accepted before."""
        found: dict[bytes, pb.NoticeReceipt] = {}
        pages: dict[int, dict[bytes, pb.NoticeReceipt]] = {}
        for row in connection.execute(_KNOWN, {"digests": list(digests)}):
            digest = bytes(row.digest)
            if row.sender != opened.installation.member:
                found[digest] = _anothers(digest)
                continue
            if row.submission_id not in pages:
                clear = self._box.unlock(bytes(row.acceptance), b"acceptance")
                page = pb.NoticeReceiptPage.FromString(Envelope.FromString(clear).payload)
                pages[row.submission_id] = {r.notice: r for r in page.receipts}
            first = pages[row.submission_id][digest]
            first.repeated = True
            found[digest] = first
        return found


def _anothers(digest: bytes) -> pb.NoticeReceipt:
    violation = FieldViolation("notice", "R29", "another organ sent this very notice: ask it how it stands")
    return pb.NoticeReceipt(
        notice=digest, stage=pb.NOTICE_STAGE_REFUSED, violations=violations_of([violation])
    )


def _vanished(digest: bytes) -> pb.NoticeReceipt:
    raise HutongError(f"notice {digest.hex()} was known and is not any more")
