"""Documents of notices: limits of size and time, and checks that content is of its announced type (R62)."""

from __future__ import annotations

import codecs
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

from federation.errors import FieldViolation, InvalidRequest
from federation.law.functions import function_violations
from federation.notices.containers import TAIL, is_ofd
from federation.record.texts import text_faults
from federation.v1 import stored_document_pb2 as pb
from federation.values.written import written_violations

_SPACE = b"\xef\xbb\xbf \t\r\n"
#: Control characters that text may hold: tab, line feed, form feed, carriage return.
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13})


@dataclass(frozen=True, slots=True)
class MediaType:
    """The first bytes of content of a type, whether spaces may stand before them, and whether it is text."""

    begins: tuple[bytes, ...]
    spaced: bool
    text: bool

    def begun_by(self, first: bytes) -> bool:
        """Say whether content that starts with `first` begins as this type does."""
        return first.lstrip(_SPACE if self.spaced else b"").startswith(self.begins or b"")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of documents.toml: bytes, hours, days."""

    chunk_bytes: int
    largest_bytes: int
    member_bytes: int
    unfinished_hours: int
    unclaimed_days: int
    undecided_days: int
    types: Mapping[str, MediaType]


@cache
def limits() -> Limits:
    """Return the table."""
    content = tomllib.loads((files("federation") / "data" / "documents.toml").read_text("utf-8"))
    types = {
        name: MediaType(
            begins=tuple(map(bytes.fromhex, row.get("begins", ()))),
            spaced=row.get("spaced", False),
            text=row.get("text", False),
        )
        for name, row in content.pop("types").items()
    }
    return Limits(types=types, **content)


def content_faults(sha256: bytes, size: int, media_type: str, where: str = "") -> Iterator[FieldViolation]:
    """Yield what is wrong with a document's announcement, before any of its content has arrived."""
    table = limits()
    if len(sha256) != 32:
        yield FieldViolation(f"{where}sha256", "FORMAT", "is not a SHA-256 digest of 32 bytes")
    if not 0 < size <= table.largest_bytes:
        yield FieldViolation(f"{where}size", "SIZE", f"must be 1 to {table.largest_bytes} bytes")
    if media_type not in table.types:
        yield FieldViolation(f"{where}media_type", "TYPE", f"one of {', '.join(sorted(table.types))}")


def insist_content(content: pb.DocumentContent) -> None:
    """Raise `InvalidRequest` unless the announcement of a document is valid."""
    violations = list(content_faults(content.sha256, content.size, content.media_type))
    if violations:
        raise InvalidRequest(violations)


def insist_beginning(media_type: str, first: bytes) -> None:
    """Raise `InvalidRequest` when the first bytes do not belong to `media_type`."""
    kind = limits().types[media_type]
    controls = kind.text and first.translate(None, _CONTROLS) != first
    binary = _binary(first) if kind.text else None
    if controls or binary or not kind.begun_by(first):
        raise _not_of_type(media_type)


def insist_whole(content: pb.DocumentContent, chunks: Iterable[bytes]) -> None:
    """Raise `InvalidRequest` unless `chunks` together are the document.

    This is its size and SHA-256; UTF-8 where it is text; the main entry of an OFD, since other ZIP containers are none.
    """
    digest, size, tail = hashlib.sha256(), 0, bytearray()
    ofd = content.media_type == "application/ofd"
    text = limits().types[content.media_type].text
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        if ofd:
            tail += chunk
            del tail[:-TAIL]
        if text:
            try:
                decoder.decode(chunk, final=size >= content.size)
            except UnicodeDecodeError:
                raise _not_of_type(content.media_type) from None
            if chunk.translate(None, _CONTROLS) != chunk:
                raise _not_of_type(content.media_type)
    if size != content.size:
        raise InvalidRequest.of("size", "SIZE", f"{content.size} bytes were announced, {size} are there")
    if digest.digest() != content.sha256:
        raise InvalidRequest.of(
            "sha256",
            "DIGEST",
            f"the content has SHA-256 {digest.hexdigest()}: announce that, or send what was announced; "
            "what was sent is dropped",
        )
    if ofd and not is_ofd(bytes(tail)):
        says = "is a ZIP container without OFD.xml, such as a DOCX: save it as PDF or OFD"
        raise InvalidRequest.of("media_type", "TYPE", says)


def describe(path: Path, media_type: str = "") -> pb.DocumentContent:
    """Return the announcement of a file; its type follows from its content. Raises `InvalidRequest`."""
    with path.open("rb") as file:
        first = file.read(limits().chunk_bytes)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").digest()
        content = pb.DocumentContent(
            sha256=digest, size=_size(file), media_type=media_type or media_type_of(first)
        )
        insist_content(content)
        insist_beginning(content.media_type, first)
        file.seek(0)
        insist_whole(content, iter(lambda: file.read(limits().chunk_bytes), b""))
    return content


def media_type_of(first: bytes) -> str:
    """Return the type of content by its first bytes; raises `InvalidRequest` for a type that is not listed."""
    if binary := _binary(first):
        return binary
    for name, kind in limits().types.items():
        if kind.text and kind.begins and kind.begun_by(first):
            return name
    insist_beginning("text/plain", first)
    return "text/plain"


def _binary(first: bytes) -> str | None:
    """Return the type other than text that content begins as, or None."""
    return next(
        (name for name, kind in limits().types.items() if not kind.text and kind.begun_by(first)), None
    )


def _size(file: BinaryIO) -> int:
    return file.seek(0, 2)


def _not_of_type(media_type: str) -> InvalidRequest:
    return InvalidRequest.of(
        "media_type",
        "TYPE",
        f"the content is no {media_type}: announce the type that it is, of "
        f"{', '.join(sorted(limits().types))}; other types are not taken",
    )


def insist_wanted(wanted: pb.DocumentWanted) -> pb.DocumentWanted:
    """Return an officer's request to read a document, unchanged if it is valid; raises `InvalidRequest`."""
    violations = text_faults(wanted, "")
    if len(wanted.sha256) != 32:
        violations.append(FieldViolation("sha256", "FORMAT", "is not a SHA-256 digest of 32 bytes"))
    missing = ("R2", "say why it is read: the log keeps it")
    violations += written_violations("reason", wanted.reason, missing=missing)
    violations += written_violations("case_number", wanted.case_number, limit=120)
    violations += function_violations(wanted.organ_function)
    if wanted.offset > limits().largest_bytes:
        violations.append(FieldViolation("offset", "OFFSET", "lies beyond the end: start at 0"))
    if violations:
        raise InvalidRequest(violations)
    return wanted
