"""Read into messages what an officer types at a window: papers, grounds, applicants."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from compose.bulk.dates import read_date
from compose.explain.strict_json import parse_line
from federation.errors import InvalidRequest
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, record_pb2
from federation.values.enum_names import enum_names, parse
from federation.values.hexadecimal import read_hex
from federation.values.json_message import read_message

T = TypeVar("T")
_USUAL = {"own": "person", "public": "unit", "defence": "lawyer", "case": "state_organ"}


def choices(enum: Any) -> list[str]:
    """Return the names of an enum's values, for the choices of an option."""
    return [name for number, name in enum_names(enum.DESCRIPTOR).items() if number]


def number_of(enum: Any, name: str, field: str) -> Any:
    """Return the number of an enum value by its name; raises `InvalidRequest`."""
    return parse(enum.DESCRIPTOR, name, field=field)


def read_submission(path: Path) -> pb.Submission:
    """Return a submission from JSON in the form of the message; raises `InvalidRequest`."""
    try:
        content = parse_line(b" ".join(path.read_bytes().splitlines()))
        return read_message(content, pb.Submission())
    except (ValueError, OSError) as error:
        raise InvalidRequest.of("submission", "FORMAT", str(error)) from None


def paper(text: str, submission: pb.Submission) -> pb.Paper:
    """Return the paper written as "KIND=FILE" or "KIND=sha256:HEX", with ",names=...,case=...,reference=...".

    The paper is taken to name the person and the case of the application, unless the text gives others.
    """
    head, *rest = text.split(",")
    kind, equals, source = head.partition("=")
    stated = dict(part.partition("=")[::2] for part in rest)
    if not equals or not stated.keys() <= {"names", "case", "reference"}:
        raise InvalidRequest.of("paper", "FORMAT", "write KIND=FILE or KIND=sha256:HEX,names=...,case=...")
    return pb.Paper(
        kind=number_of(pb.PaperKind, kind, "paper"),
        sha256=_digest(source),
        names=stated.get("names", submission.subject.name),
        case_number=stated.get("case", submission.case_number),
        reference=stated.get("reference", ""),
    )


def _digest(source: str) -> bytes:
    if source.startswith("sha256:"):
        try:
            return read_hex(source.removeprefix("sha256:"), 32)
        except ValueError as error:
            raise InvalidRequest.of("paper", "FORMAT", f"what follows sha256: {error}") from None
    try:
        return hashlib.sha256(Path(source).read_bytes()).digest()
    except OSError as error:
        raise InvalidRequest.of("paper", "FORMAT", f"{source}: {error.strerror}") from None


def ground(text: str) -> document_pb2.Ground:
    """Return the ground written as "RULE|WHAT IT SAYS|REMEDY"."""
    parts = [part.strip() for part in text.split("|")]
    if len(parts) != 3 or not all(parts):
        raise InvalidRequest.of("ground", "A26", 'write "RULE|WHAT IT SAYS HERE|REMEDY"')
    return document_pb2.Ground(rule=parts[0], says=parts[1], remedy=parts[2])


def grounds(texts: Iterable[str]) -> list[document_pb2.Ground]:
    """Return several grounds."""
    return [ground(text) for text in texts]


def applicant(text: str, kind: str) -> pb.Applicant:
    """Return the applicant written as "CLASS:NAME", or "NAME" with the class usual for the kind."""
    organ_class, colon, name = text.partition(":")
    if colon and organ_class in ("person", "unit", "lawyer", "state_organ"):
        return pb.Applicant(organ_class=organ_class, name=name.strip())
    return pb.Applicant(organ_class=_USUAL.get(kind, "unit"), name=text)


def stay(text: str) -> document_pb2.Stay:
    """Return the stay in China written as "FIRST..LAST"."""
    first, _, last = text.partition("..")
    try:
        return document_pb2.Stay(first=read_date(first.strip()), last=read_date(last.strip()))
    except ValueError as error:
        raise InvalidRequest.of("stay", "FORMAT", f"write FIRST..LAST, two days: {error}") from None


def citizen(number: str) -> record_pb2.Identifier:
    """Return a citizen identity number as an identifier."""
    return record_pb2.Identifier(type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=number)
