"""Looking: one application, a list of them, a document checked by number and code; each leaves its entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from federation.documents.document import normal_code
from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.v1 import application_pb2 as pb
from federation.values.clock import legal_day, stamp
from federation.values.words import word
from node.applications.files import Files
from node.applications.schema import application, application_document
from node.applications.stepping import Done
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act

MOST_LINES = 1000
_USUAL_LINES = 100


class Looking:
    """Shows what the office keeps."""

    def __init__(self, *, journal: Journal, files: Files, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._files = files
        self._now = now

    def show(self, reference: pb.ApplicationReference, act: Act) -> Done:
        """Return an application with the documents that are still handed out; raises `NotFound`."""
        at = self._now()

        def command(work: Work) -> Done:
            act.insist_first(work)
            file = self._files.load(work.view, reference.number)
            found = self._files.collect(work.view, file, legal_day(at).isoformat())
            act.log(
                work,
                EntryKind.APPLICATION_SHOWN,
                at=stamp(at),
                application=reference.number,
                documents=len(found),
            )
            return Done(file.application, tuple(found))

        return self._journal.run(command).value

    def list(self, wanted: pb.ApplicationFilter, act: Act) -> list[pb.ApplicationLine]:
        """Return the newest applications that pass the filter; raises `InvalidRequest`."""
        if wanted.limit > MOST_LINES:
            raise InvalidRequest.of("limit", "SIZE", f"at most {MOST_LINES}")
        at = self._now()
        today = legal_day(at).isoformat()
        query = select(application).order_by(application.c.year.desc(), application.c.serial.desc())
        if wanted.states:
            query = query.where(application.c.state.in_(list(wanted.states)))
        if wanted.late_only:
            query = query.where(application.c.due_on != "", application.c.due_on < today)

        def command(work: Work) -> list[pb.ApplicationLine]:
            act.insist_first(work)
            rows = work.view.execute(query.limit(wanted.limit or _USUAL_LINES)).all()
            act.log(
                work,
                EntryKind.APPLICATION_SHOWN,
                at=stamp(at),
                listed=len(rows),
            )
            return [
                pb.ApplicationLine(
                    number=row.number,
                    version=row.version,
                    kind=row.kind,
                    state=row.state,
                    verifying=bool(row.verifying),
                    submitted_on=row.submitted_on,
                    due_on=row.due_on,
                    late=bool(row.due_on) and row.due_on < today,
                )
                for row in rows
            ]

        return self._journal.run(command).value

    def check(self, asked: pb.IssuedDocument, act: Act) -> pb.VerifyDocumentResponse:
        """Say whether this node issued a document under this code, and whether it stands; never what it says."""
        at = self._now()
        today = legal_day(at).isoformat()
        number = asked.number.strip()
        token = self._files.check(number, normal_code(asked.code))
        query = select(application_document).where(
            application_document.c.number == number, application_document.c.check == token
        )

        def command(work: Work) -> pb.VerifyDocumentResponse:
            act.insist_first(work)
            row = work.view.execute(query).one_or_none()
            answer = pb.VerifyDocumentResponse(standing=pb.DOCUMENT_STANDING_UNKNOWN)
            if row is not None:
                answer = pb.VerifyDocumentResponse(
                    standing=_standing(row.superseded_by, row.valid_until, today),
                    issued_on=row.issued_on,
                    valid_until=row.valid_until,
                    superseded_by=row.superseded_by,
                    digest=row.digest,
                )
            act.log(
                work,
                EntryKind.DOCUMENT_CHECKED,
                at=stamp(at),
                document=number[:128],
                standing=word(pb.DocumentStanding.DESCRIPTOR, answer.standing),
            )
            return answer

        return self._journal.run(command).value


def _standing(superseded_by: str, valid_until: str, today: str) -> pb.DocumentStanding.ValueType:
    if superseded_by:
        return pb.DOCUMENT_STANDING_SUPERSEDED
    if valid_until and valid_until < today:
        return pb.DOCUMENT_STANDING_EXPIRED
    return pb.DOCUMENT_STANDING_IN_FORCE
