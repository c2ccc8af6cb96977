"""Documents as a gateway keeps them, and where a notice describes one differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from federation.errors import FieldViolation
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from server.uploading import Berth


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document of one sender; `state` is a `DocumentState`."""

    token: bytes
    sender: str
    state: int
    berth: Berth


@dataclass(frozen=True, slots=True)
class DueDocument:
    """A document due for a node."""

    kept: KeptDocument
    attempts: int


def content_of(reference: notice_pb2.DocumentReference) -> pb.DocumentContent:
    """Return the content of a document as a notice describes it."""
    return pb.DocumentContent(sha256=reference.sha256, size=reference.size, media_type=reference.media_type)


def faults(
    notice: notice_pb2.Notice, find: Callable[[bytes], KeptDocument | None]
) -> Iterator[FieldViolation]:
    """Yield a fault for each document whose description in a notice differs from the verified one.

    `find` returns the kept document of this sender by its SHA-256, if there is one.
    """
    for number, reference in enumerate(notice.documents):
        kept = find(reference.sha256)
        whole = kept is not None and kept.state == pb.DOCUMENT_STATE_HELD
        if kept is not None and whole and kept.berth.content != content_of(reference):
            there = kept.berth.content
            yield FieldViolation(
                f"documents[{number}]",
                "R62",
                f"this content is known as {there.media_type} of {there.size} bytes: name it so",
            )
