"""Sending of a document to a server that may have part of it: by senders to gateways, and by gateways to nodes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from federation.errors import HutongError, Unavailable
from federation.transport.status import understood
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope

#: Seconds that one attempt may take; the next one goes on where it ended.
DEADLINE_S = 600.0


Request = TypeVar("Request", pb.PutDocumentRequest, pb.AttachRequest)


#: An rpc that takes a document: `NoticeService.PutDocument`, `DocumentService.Attach`.
Put = Callable[..., Iterable[pb.PutDocumentResponse | pb.AttachResponse]]


def send_document(
    put: Put,
    first: Request,
    size: int,
    read: Callable[[int], Iterator[bytes]],
    *,
    progress: Callable[[int], None] = lambda have: None,
) -> Envelope:
    """Send the part that the server lacks and return its receipt, unverified.

    `put` calls the server's rpc. `read` yields the content from an offset on, chunk by chunk; `progress` is called with
    the number of bytes that the server has. Raises the errors of the server and of `read`.
    """
    answered, start, failed = threading.Event(), [size], list[HutongError]()

    def requests() -> Iterator[Request]:
        yield first
        answered.wait(DEADLINE_S)
        offset = start[0]
        try:
            if offset < size:
                for piece in read(offset):
                    yield type(first)(chunk=pb.DocumentChunk(offset=offset, data=piece))
                    offset += len(piece)
        except HutongError as error:
            failed.append(error)

    receipt = None
    try:
        with understood():
            for response in put(requests(), timeout=DEADLINE_S):
                if not answered.is_set():
                    start[0] = response.have
                    answered.set()
                progress(response.have)
                if response.HasField("receipt"):
                    receipt = response.receipt
    except HutongError:
        if failed:
            raise failed[0] from None
        raise
    finally:
        answered.set()
    if receipt is None:
        raise Unavailable("the server ended the upload without a receipt: send it again, it goes on")
    return receipt
