"""The values that the office keeps for an application: its file, and the documents issued for it."""

from __future__ import annotations

from dataclasses import dataclass

from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.v1.envelope_pb2 import Envelope
from server.journal.cipher import Cipher


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
