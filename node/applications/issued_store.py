"""Storage of issued documents: encrypted under the key of their application, erased after collection (R45)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, insert, select, update

from federation.v1.envelope_pb2 import Envelope
from federation.values.tokens import token
from node.applications.files import File, Issued, IssuedData
from node.applications.schema import application_document, application_token
from server.journal.work import View, Work


class IssuedStore:
    """Reads and writes the documents that one node has issued; `lookup_key` makes the check values of codes."""

    def __init__(self, *, lookup_key: bytes) -> None:
        self._lookup = lookup_key

    def issue(self, work: Work, file: File, issued: Sequence[Issued]) -> None:
        """Keep documents that a step issues; if one replaces another, note its number at the other."""
        for each in issued:
            document = each.document
            body = file.key.lock(each.envelope.SerializeToString(deterministic=True), _place(document.number))
            work.view.execute(
                insert(application_document),
                {
                    "number": document.number,
                    "application": file.application.number,
                    "digest": each.header.digest,
                    "check": self._check(document.number, document.code),
                    "issued_on": document.issued_on,
                    "valid_until": document.valid_until,
                    "collect_until": each.header.collect_until,
                    "superseded_by": "",
                    "body": body,
                },
            )
            if document.supersedes:
                work.view.execute(
                    update(application_document)
                    .where(application_document.c.number == document.supersedes)
                    .values(superseded_by=document.number)
                )

    def supersede_results(
        self, work: Work, persons: Sequence[bytes], by: str, *, besides: str, today: str
    ) -> None:
        """Note that `by` replaces every result in force of these persons' other applications.

        A corrected result replaces all earlier ones about the same person, whatever they stated.
        """
        of_person = select(application_token.c.number).where(application_token.c.token.in_(persons))
        work.view.execute(
            update(application_document)
            .where(
                application_document.c.application.in_(of_person),
                application_document.c.application != besides,
                application_document.c.superseded_by == "",
                application_document.c.valid_until >= today,
            )
            .values(superseded_by=by)
        )

    def superseded(self, view: View, application: str) -> dict[str, str]:
        """Return, for each document of an application, the number of the one that replaces it, "" for none."""
        query = select(application_document.c.number, application_document.c.superseded_by).where(
            application_document.c.application == application
        )
        return {row.number: row.superseded_by for row in view.execute(query)}

    def collect(self, view: View, file: File, today: str) -> list[Envelope]:
        """Return the documents that are still handed out, oldest first."""
        rows = view.execute(
            select(application_document.c.number, application_document.c.body)
            .where(
                application_document.c.application == file.application.number,
                application_document.c.collect_until >= today,
            )
            .order_by(func.length(application_document.c.number), application_document.c.number)
        )
        return [
            Envelope.FromString(file.key.unlock(bytes(row.body), _place(row.number)))
            for row in rows
            if row.body
        ]

    def forget(self, work: Work, today: str) -> None:
        """Remove the content of documents whose days of collection are over (R45)."""
        work.view.execute(
            update(application_document)
            .where(application_document.c.collect_until < today, application_document.c.body != b"")
            .values(body=b"")
        )

    def find(self, view: View, number: str, code: str) -> IssuedData | None:
        """Return the data kept of the document that this node issued under that number and code, or None."""
        query = select(application_document).where(
            application_document.c.number == number, application_document.c.check == self._check(number, code)
        )
        row = view.execute(query).one_or_none()
        if row is None:
            return None
        return IssuedData(bytes(row.digest), row.issued_on, row.valid_until, row.superseded_by)

    def _check(self, number: str, code: str) -> bytes:
        """Return the stored check value of a verification code."""
        return token(self._lookup, "document", number, code)


def _place(number: str) -> bytes:
    return b"application_document" + number.encode()
