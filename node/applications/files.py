"""What the office keeps of applications, and the interfaces of the stores that keep it.

The values are an application's file and the documents issued for it. Any other store must keep the interfaces and pass
their tests.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.v1.envelope_pb2 import Envelope
from server.journal.cipher import Cipher
from server.journal.work import View, Work


@dataclass(frozen=True, slots=True)
class File:
    """One application with the key that encrypts its personal data."""

    application: pb.Application
    key: Cipher


@dataclass(frozen=True, slots=True)
class Issued:
    """A document as it is issued: its signed content, and the header that is kept after the content is erased."""

    envelope: Envelope
    document: document_pb2.Document
    header: document_pb2.DocumentHeader


@dataclass(frozen=True, slots=True)
class IssuedData:
    """The data of a document that are kept after its content is erased; dates in ISO 8601, "" for none."""

    digest: bytes
    issued_on: str
    valid_until: str
    superseded_by: str


class IssuedDocuments(Protocol):
    """The documents that one node has issued, each encrypted under the key of its application."""

    def issue(self, work: Work, file: File, issued: Sequence[Issued]) -> None:
        """Keep documents that a step issues; if one replaces another, note its number at the other."""

    def supersede_results(
        self, work: Work, persons: Sequence[bytes], by: str, *, besides: str, today: str
    ) -> None:
        """Note that `by` replaces every result in force of these persons' other applications.

        A corrected result replaces all earlier ones about the same person, whatever they stated.
        """

    def superseded(self, view: View, application: str) -> Mapping[str, str]:
        """Return, for each document of an application, the number of the one that replaces it, "" for none."""

    def collect(self, view: View, file: File, today: str) -> Sequence[Envelope]:
        """Return the documents that are still handed out, oldest first; raises `Corrupt`."""

    def forget(self, work: Work, today: str) -> None:
        """Remove the content of documents whose days of collection are over (R45)."""

    def find(self, view: View, number: str, code: str) -> IssuedData | None:
        """Return the data kept of the document that this node issued under that number and code, or None."""


class Files(Protocol):
    """The application files of one node: numbered as they begin, every step kept, all encrypted under a key each."""

    @property
    def documents(self) -> IssuedDocuments:
        """The documents issued for them."""

    def persons(self, submission: pb.Submission) -> Sequence[bytes]:
        """Return the tokens under which a person's own applications are counted."""

    def count(self, view: View, tokens: Sequence[bytes], year: int, *, besides: str = "") -> int:
        """Return the number of the person's applications in `year`, without those that were not accepted."""

    def open(self, work: Work, event: pb.ApplicationEvent, *, year: int, submitted_on: str) -> File:
        """Begin a file with its first event; the number is the next of this node and year."""

    def load(self, view: View, number: str) -> File:
        """Return a file; raises `NotFound` or `Corrupt`."""

    def append(self, work: Work, file: File, event: pb.ApplicationEvent) -> File:
        """Add a step to a file; return the file as it is now."""

    def lines(
        self, view: View, states: Collection[int], *, today: str, late_only: bool, limit: int
    ) -> list[pb.ApplicationLine]:
        """Return up to `limit` applications in `states` (in any, if empty), the newest first."""
