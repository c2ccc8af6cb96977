"""What the office keeps of an application, as values: its file, and a document as it is issued."""

from __future__ import annotations

from dataclasses import dataclass

from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.v1.envelope_pb2 import Envelope
from server.journal.cipher import Cipher


@dataclass(frozen=True, slots=True)
class File:
    """One application with the key of what is personal in it."""

    application: pb.Application
    key: Cipher


@dataclass(frozen=True, slots=True)
class Issued:
    """A document as it is issued: what is signed, and what stays known of it."""

    envelope: Envelope
    document: document_pb2.Document
    header: document_pb2.DocumentHeader
