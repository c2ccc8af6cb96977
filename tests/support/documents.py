"""Documents as their senders have them, and waiting until they are where they belong."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from federation.client import Client
from federation.client.documents import reference
from federation.notices.document_receipts import DocumentCourse
from federation.notices.documents import describe
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from tests.support.waiting import wait_for

CHUNK = 256 * 1024


def pdf(folder: Path, size: int = 3 * CHUNK + 17, *, text: bytes = b"") -> Path:
    """Write a file that begins as a PDF does and that nobody else has."""
    path = folder / f"{os.urandom(6).hex()}.pdf"
    beginning = b"%PDF-1.7\n" + text + b"\n"
    path.write_bytes((beginning + os.urandom(max(0, size - len(beginning))))[:size])
    return path


def container(*names: str, comment: bytes = b"") -> bytes:
    """Return a ZIP container with entries of these names, in this order."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        made.comment = comment
        for name in names:
            made.writestr(name, "<x/>")
    return content.getvalue()


def digest(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).digest()


def naming(notice: notice_pb2.Notice, *files: Path) -> notice_pb2.Notice:
    """Return the notice with these documents named in it."""
    notice.documents.extend(reference(describe(file), file.name) for file in files)
    return notice


def released(client: Client, sha256: bytes) -> DocumentCourse:
    """Wait until a document is at every node that needs it and at the gateway no more; return its way."""
    return way_when(client, sha256, lambda way: way.state == pb.DOCUMENT_STATE_RELEASED)


def way_when(client: Client, sha256: bytes, good: Callable[[DocumentCourse], bool]) -> DocumentCourse:
    """Wait until a document's way is as it should be; return it."""
    return wait_for(lambda: client.documents.path(sha256), good, what="the document's way")
