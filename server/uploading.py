"""Receiving of a document: chunks in order, each checked, until the whole has its announced size and digest.

Gateways and nodes share this code. Several uploads of one content may run at the same time: each skips the bytes that
another has written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from federation.errors import Corrupt, InvalidRequest
from federation.notices.documents import insist_beginning, insist_whole, limits
from federation.v1 import stored_document_pb2 as pb
from server.journal.depot import Depot


@dataclass(frozen=True, slots=True)
class Berth:
    """The storage of one content: its name in the depot, its key, and its announced size and digest."""

    name: str
    key: bytes
    content: pb.DocumentContent


#: A message of an upload: its description, or a piece of the content.
Upload = pb.PutDocumentRequest | pb.AttachRequest
U = TypeVar("U", pb.PutDocumentRequest, pb.AttachRequest)


def first_part(requests: Iterator[U], wanted: str) -> U:
    """Return the first message, which must be a `wanted` ("envelope" or "content"); raises `InvalidRequest`."""
    first = next(requests, None)
    if first is None or first.WhichOneof("part") != wanted:
        raise InvalidRequest.of(wanted, "FORMAT", f"the first message carries the {wanted}")
    return first


def held(depot: Depot, berth: Berth) -> int:
    """Return how many bytes of a content are present."""
    with depot.alone(berth.name):
        return depot.length(berth.name, berth.content.size)


def take_in(depot: Depot, berth: Berth, requests: Iterator[Upload], start: int) -> Iterator[int]:
    """Write the chunks of an upload that continues from `start`; yield after each the number of bytes present.

    Ends when the whole content is verified and on the disk. Raises `InvalidRequest` naming the fault;
    content that differs from its announcement is dropped.
    """
    offset, size = start, berth.content.size
    while offset < size:
        request = next(requests, None)
        if request is None:
            raise InvalidRequest.of(
                "size", "SIZE", f"the stream ended at {offset} of {size} bytes: go on from there"
            )
        _insist_fitting(request, offset, size)
        data = request.chunk.data
        if offset == 0:
            insist_beginning(berth.content.media_type, data)
        with depot.alone(berth.name):
            there = depot.length(berth.name, size)
            if there == offset:
                depot.append(berth.name, data, key=berth.key, digest=berth.content.sha256, offset=offset)
            elif there < offset:
                raise InvalidRequest.of(
                    "chunk.offset", "OFFSET", f"{there} bytes are there, not {offset}: go on from {there}"
                )
        offset += len(data)
        yield offset
    with depot.alone(berth.name):
        try:
            insist_whole(berth.content, depot.read(berth.name, key=berth.key, digest=berth.content.sha256))
        except (InvalidRequest, Corrupt):
            depot.drop(berth.name)
            raise
        depot.settle(berth.name)


def _insist_fitting(request: Upload, offset: int, size: int) -> None:
    if request.WhichOneof("part") != "chunk":
        raise InvalidRequest.of("chunk", "FORMAT", "chunks follow the first message, and nothing else")
    chunk, most = request.chunk, limits().chunk_bytes
    if chunk.offset != offset:
        raise InvalidRequest.of(
            "chunk.offset", "OFFSET", f"is {chunk.offset} where {offset} follows: go on from {offset}"
        )
    if offset + len(chunk.data) > size:
        raise InvalidRequest.of(
            "chunk.data", "SIZE", f"goes beyond the {size} bytes announced: announce the true size"
        )
    if len(chunk.data) != min(most, size - offset):
        raise InvalidRequest.of(
            "chunk.data", "SIZE", f"has {len(chunk.data)} bytes; every chunk but the last has {most}"
        )
