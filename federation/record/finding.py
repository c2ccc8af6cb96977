"""What a question finds of one record by the person alone: a match, a candidate or nothing (R34).

Sealing and the asker's powers are no matter here. A node finds by tokens, and a token is equal where these digests are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from federation.record.matching import Sought, identified, shares_number
from federation.record.ruling_out import ruled_out
from federation.v1 import query_pb2, record_pb2
from federation.values.tokens import person_digests, subject_digests


class FoundAs(StrEnum):
    """What a question finds of a record."""

    MATCH = "match"
    CANDIDATE = "candidate"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Finding:
    """A result; for NONE why a record that shares something is ruled out: "number", "sex" or "age"."""

    result: FoundAs
    ruled_out_by: str = ""


def finding(subject: query_pb2.Subject, record: record_pb2.Record) -> Finding:
    """Return what a question about `subject` finds of an open record. Raises `ValueError` for what cannot be read."""
    strong, weak = (set(digests) for digests in subject_digests(subject))
    its = set(person_digests(record.person))
    sought = Sought.of_subject(subject)
    if its & strong or shares_number(sought, record.person):
        sure = identified(sought, record.person)
        return Finding(FoundAs.MATCH if sure else FoundAs.CANDIDATE)
    if not its & weak:
        return Finding(FoundAs.NONE)
    reason = ruled_out(subject, record)
    return Finding(FoundAs.NONE, reason) if reason else Finding(FoundAs.CANDIDATE)
