"""The store of notices: signed pages of senders, their receipts, and every notice. Bodies are encrypted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy import bindparam, insert, select

from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.relay import schema
from gateway.relay.deliveries import Due
from gateway.relay.submissions import Submission
from gateway.strongbox import Strongbox
from server.journal.work import View, Work

_N, _S = schema.notice, schema.submission
_INSERT_SUBMISSION = insert(_S)
_INSERT_NOTICE = insert(_N)
_KNOWN = (
    select(_N.c.digest, _N.c.sender, _N.c.submission_id, _S.c.acceptance)
    .join(_S)
    .where(_N.c.digest.in_(bindparam("digests", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class PreparedSubmission:
    """A submission ready to be written by the store, encrypted: its row, and those of its new notices."""

    row: dict[str, object] = field(repr=False)
    notices: Sequence[Mapping[str, object]] = field(repr=False)


class NoticeStore:
    """Keeps the notices that senders handed in."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def accepted(self, view: View, digests: Sequence[bytes]) -> frozenset[bytes]:
        """Return those of `digests` that were accepted, from any sender."""
        return frozenset(bytes(row.digest) for row in view.execute(_KNOWN, {"digests": list(digests)}))

    def first_receipts(
        self, view: View, digests: Sequence[bytes], sender: str
    ) -> dict[bytes, pb.NoticeReceipt | None]:
        """Return the first receipt of each accepted notice; None where another sender than `sender` sent it."""
        found: dict[bytes, pb.NoticeReceipt | None] = {}
        pages: dict[int, dict[bytes, pb.NoticeReceipt]] = {}
        for row in view.execute(_KNOWN, {"digests": list(digests)}):
            digest = bytes(row.digest)
            if row.sender != sender:
                found[digest] = None
                continue
            if row.submission_id not in pages:
                clear = self._box.unlock(bytes(row.acceptance), b"acceptance")
                page = pb.NoticeReceiptPage.FromString(Envelope.FromString(clear).payload)
                pages[row.submission_id] = {r.notice: r for r in page.receipts}
            found[digest] = pages[row.submission_id][digest]
        return found

    def prepared(self, submission: Submission) -> PreparedSubmission:
        """Return a submission encrypted, for `keep`: to be made before the transaction."""
        row: dict[str, object] = {
            "sender": submission.sender,
            "accepted_at": submission.accepted_at,
            "envelope": self._box.lock(submission.envelope.SerializeToString(), b"submission"),
            "acceptance": self._box.lock(submission.acceptance.SerializeToString(), b"acceptance"),
        }
        notices = [
            {
                "digest": each.digest,
                "sender": each.sender,
                "kind": each.kind,
                "late_days": each.late_days,
                "body": self._box.lock(each.content, b"notice" + each.digest),
            }
            for each in submission.notices
        ]
        return PreparedSubmission(row, notices)

    def keep(self, work: Work, prepared: PreparedSubmission) -> None:
        """Keep a submission, of which at least one notice is new."""
        inserted = work.view.execute(_INSERT_SUBMISSION, prepared.row)
        submission_id = inserted.inserted_primary_key[0]  # type: ignore[index]
        work.view.execute(
            _INSERT_NOTICE, [{**row, "submission_id": submission_id} for row in prepared.notices]
        )

    def content(self, view: View, digest: bytes) -> bytes:
        """Return an accepted notice as its sender signed it."""
        body = view.execute(select(_N.c.body).where(_N.c.digest == digest)).scalar_one()
        return self._box.unlock(bytes(body), b"notice" + digest)

    def consignments(self, view: View, page: Sequence[Due]) -> list[pb.Consignment]:
        """Return a page as it travels: each sender's own envelope around its notices for one node."""
        wanted = {due.submission_id for due in page}
        query = select(_S.c.submission_id, _S.c.envelope, _S.c.acceptance).where(
            _S.c.submission_id.in_(wanted)
        )
        rows = {row.submission_id: row for row in view.execute(query)}
        consignments = []
        for submission_id, group in groupby(page, key=lambda due: due.submission_id):
            row = rows[submission_id]
            consignments.append(
                pb.Consignment(
                    envelope=Envelope.FromString(self._box.unlock(bytes(row.envelope), b"submission")),
                    acceptance=Envelope.FromString(self._box.unlock(bytes(row.acceptance), b"acceptance")),
                    notices=[due.content for due in group],
                )
            )
        return consignments
