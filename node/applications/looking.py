"""Show an application, list applications, check a document by number and code; each access is logged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from federation.documents.document import normal_code
from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.v1 import application_pb2 as pb
from federation.values.clock import legal_day, stamp
from federation.values.enum_names import enum_name
from node.applications.files import Files, IssuedData
from node.applications.stepping import StepResult
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act

MOST_LINES = 1000
_USUAL_LINES = 100


class ApplicationLists:
    """Shows applications, and checks documents."""

    def __init__(self, *, journal: Journal, files: Files, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._files = files
        self._now = now

    def show(self, reference: pb.ApplicationReference, act: Act) -> StepResult:
        """Return an application with the documents that are still handed out; raises `NotFound`."""
        at = self._now()

        def command(work: Work) -> StepResult:
            act.insist_first(work)
            file = self._files.load(work.view, reference.number)
            found = self._files.documents.collect(work.view, file, legal_day(at).isoformat())
            act.log(
                work,
                EntryKind.APPLICATION_SHOWN,
                at=stamp(at),
                application=reference.number,
                documents=len(found),
            )
            return StepResult(file.application, tuple(found))

        return self._journal.run(command).value

    def list(self, wanted: pb.ApplicationFilter, act: Act) -> list[pb.ApplicationLine]:
        """Return the newest applications that pass the filter; raises `InvalidRequest`."""
        if wanted.limit > MOST_LINES:
            raise InvalidRequest.of("limit", "SIZE", f"at most {MOST_LINES}")
        at = self._now()
        today = legal_day(at).isoformat()

        def command(work: Work) -> list[pb.ApplicationLine]:
            act.insist_first(work)
            lines = self._files.lines(
                work.view,
                list(wanted.states),
                today=today,
                late_only=wanted.late_only,
                limit=wanted.limit or _USUAL_LINES,
            )
            act.log(
                work,
                EntryKind.APPLICATION_SHOWN,
                at=stamp(at),
                listed=len(lines),
            )
            return lines

        return self._journal.run(command).value

    def check(self, asked: pb.IssuedDocument, act: Act) -> pb.VerifyDocumentResponse:
        """Return whether this node issued a document under this code and whether it is valid, but not its content."""
        at = self._now()
        today = legal_day(at).isoformat()
        number = asked.number.strip()
        code = normal_code(asked.code)

        def command(work: Work) -> pb.VerifyDocumentResponse:
            act.insist_first(work)
            found = self._files.documents.find(work.view, number, code)
            answer = pb.VerifyDocumentResponse(standing=pb.DOCUMENT_STANDING_UNKNOWN)
            if found is not None:
                answer = pb.VerifyDocumentResponse(
                    standing=_status(found, today),
                    issued_on=found.issued_on,
                    valid_until=found.valid_until,
                    superseded_by=found.superseded_by,
                    digest=found.digest,
                )
            act.log(
                work,
                EntryKind.DOCUMENT_CHECKED,
                at=stamp(at),
                document=number[:128],
                standing=enum_name(pb.DocumentStanding.DESCRIPTOR, answer.standing),
            )
            return answer

        return self._journal.run(command).value


def _status(document: IssuedData, today: str) -> pb.DocumentStanding.ValueType:
    if document.superseded_by:
        return pb.DOCUMENT_STANDING_SUPERSEDED
    if document.valid_until and document.valid_until < today:
        return pb.DOCUMENT_STANDING_EXPIRED
    return pb.DOCUMENT_STANDING_IN_FORCE
