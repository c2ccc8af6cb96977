"""Tracking: every stage of a notice with its signed receipts, for its sender; figures for the operator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from federation.errors import InvalidRequest, NotFound
from federation.evidence.entry import EntryKind
from federation.v1 import notice_pb2 as pb
from federation.values.clock import stamp
from gateway.documents.path_store import PathStore
from gateway.relay.tracking_store import TrackingStore
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act

MOST_TRACKED = 200


class NoticeTracker:
    """Shows senders their own notices."""

    def __init__(
        self,
        *,
        journal: Journal,
        store: TrackingStore,
        ways: PathStore,
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._store = store
        self._ways = ways
        self._now = now

    def track(self, listed: pb.NoticeList, act: Act) -> pb.TrackResponse:
        """Return the stages of the notices asked for, or of the sender's newest, and the paths of documents.

        Raises `NotFound` for a notice or document that this sender never sent.
        """
        asked, newest = list(listed.notices), listed.newest
        if max(len(asked), newest, len(listed.documents)) > MOST_TRACKED:
            raise InvalidRequest.of("notices", "SIZE", f"at most {MOST_TRACKED} at once")

        def command(work: Work) -> None:
            act.insist_first(work)
            act.log(work, EntryKind.NOTICE_TRACKED, at=stamp(self._now()), notices=len(asked))

        self._journal.run(command, onces=[act.once])
        sender = act.installation.member
        with self._journal.reading() as view:
            tracks = self._store.tracks(view, sender, asked, newest=newest, kind=listed.kind)
            paths = self._ways.paths(view, sender, listed.documents, [t.notice for t in tracks])
        missing = {*listed.documents} - {path.content.sha256 for path in paths}
        if missing:
            raise NotFound(
                f"no document {min(missing).hex()[:64]} of {sender}: take the digest from its receipt"
            )
        return pb.TrackResponse(tracks=tracks, documents=paths)

    def report(self) -> pb.ReportResponse:
        """Return volumes and lateness by sender and kind, and deliveries by node and state (R25, R66)."""
        with self._journal.reading() as view:
            return self._store.report(view)
