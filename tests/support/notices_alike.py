"""What a sender gets for a notice, in a form in which answers about different persons can be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from federation.charter.envelope import GATEWAY
from federation.client import Client
from federation.statements.methods import SUBMIT_NOTICES, TRACK_NOTICES
from federation.v1 import notice_pb2 as pb
from federation.v1 import notice_pb2_grpc, stored_document_pb2
from federation.v1.envelope_pb2 import Envelope
from tests.support.corrections import request
from tests.support.notices import correction, information, release
from tests.support.waiting import PATIENCE_S

#: Fields that belong to one notice alone. `log_size` and `log_root` are those of a log that others write too.
OWN = {"notice", "at", "signedAt", "logEntry", "logCommitment", "sig", "sha256", "title", "notices"}


def without_number(notice: pb.Notice) -> pb.Notice:
    notice.ClearField("judgment")
    return notice


def contested(first: pb.Notice) -> pb.Notice:
    """Return a request to correct what the police hold of a judgment."""
    reference = pb.JudgmentReference(number=first.record.judgment_number, court=first.record.court)
    return request(None, person=first.record.person, judgment=reference)


#: Name -> (sender, the notice about the person of a judgment that no register has).
NOTICES: dict[str, tuple[str, Callable[[pb.Notice], pb.Notice]]] = {
    "release without number": ("prison", lambda first: without_number(release(first))),
    "release with a number that fits nobody": ("prison", release),
    "completion without number": ("county_justice", lambda first: without_number(correction(first))),
    "completion with a number that fits nobody": ("county_justice", correction),
    "information on a judgment that fits nobody": ("court", partial(information, on="2021-08-01")),
    "request for correction": ("prison", contested),
}


def shown(value: Any, key: str = "") -> Any:
    """Return a message as text without what belongs to one notice; envelopes are opened, receipts put in order."""
    if isinstance(value, dict):
        return {name: shown(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return sorted((shown(each, key) for each in value), key=repr)
    return f"<{len(str(value))}>" if key in OWN else value


def opened(message: Message) -> dict[str, Any]:
    """Return a response with the payloads of its envelopes in clear."""
    said = MessageToDict(message)
    for envelope, place in _envelopes(message, said):
        notices = "notice-receipts" in envelope.payload_type
        kind = pb.NoticeReceiptPage if notices else stored_document_pb2.DocumentReceipt
        place["payload"] = MessageToDict(kind.FromString(envelope.payload))
    return said


def _envelopes(message: Message, said: Any) -> Iterator[tuple[Envelope, dict[str, Any]]]:
    """Yield every envelope of a message with its place in the message's dictionary."""
    if isinstance(message, Envelope):
        yield message, said
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            inner = said[field.json_name]
            many = isinstance(inner, list)
            for each, place in zip(value, inner, strict=True) if many else [(value, inner)]:
                yield from _envelopes(each, place)


def stub(client: Client) -> notice_pb2_grpc.NoticeServiceStub:
    return notice_pb2_grpc.NoticeServiceStub(client.connection.channel_to(client.charter.gateways[0]))


def submitted(client: Client, notice: pb.Notice) -> pb.SubmitResponse:
    """Send one notice and return the response as it came."""
    content = notice.SerializeToString(deterministic=True)
    page = pb.NoticePage(notices=[hashlib.sha256(content).digest()])
    envelope = client.connection.statement(
        page.SerializeToString(), method=SUBMIT_NOTICES, destination=GATEWAY
    )
    consignment = pb.Consignment(envelope=envelope, notices=[content])
    return stub(client).Submit(pb.SubmitRequest(consignments=[consignment]), timeout=PATIENCE_S)


def tracked(client: Client, notice: pb.Notice) -> pb.TrackResponse:
    """Return the response about one notice as it came."""
    return _track(client, pb.NoticeList(notices=[digest_of(notice)]))


def among_newest(client: Client, notice: pb.Notice) -> pb.NoticeTrack:
    """Return what the list of the sender's newest notices shows of one."""
    tracks = _track(client, pb.NoticeList(newest=200)).tracks
    return next(track for track in tracks if track.notice == digest_of(notice))


def _track(client: Client, asked: pb.NoticeList) -> pb.TrackResponse:
    envelope = client.connection.statement(
        asked.SerializeToString(), method=TRACK_NOTICES, destination=GATEWAY
    )
    return stub(client).Track(pb.TrackRequest(envelope=envelope), timeout=PATIENCE_S)


def insist_alike(responses: dict[str, Message]) -> None:
    """Compare the responses for the four persons."""
    (first, one), *others = responses.items()
    for name, other in others:
        assert shown(opened(other)) == shown(opened(one)), f"{name} differs from {first}"
        assert other.ByteSize() == one.ByteSize(), f"the length for {name} differs from that for {first}"


def digest_of(notice: pb.Notice) -> bytes:
    return hashlib.sha256(notice.SerializeToString(deterministic=True)).digest()
