"""Receive documents from their senders, and return them to their senders while they are under way (R62)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from federation.errors import Exhausted, FieldViolation, InvalidRequest, NotFound
from federation.evidence.entry import EntryKind
from federation.notices.documents import insist_content, limits
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from gateway.documents.archive import Archive
from gateway.documents.kept import KeptDocument
from server.journal.work import Work
from server.opening import Act
from server.uploading import held, take_in

_WHOLE = (pb.DOCUMENT_STATE_HELD, pb.DOCUMENT_STATE_RELEASED)


class DocumentKeeper:
    """The documents of senders at one gateway."""

    def __init__(self, archive: Archive, *, whole: Callable[[frozenset[str]], None]) -> None:
        """`whole` is called after the commit with the nodes that wait for a document that has just become whole."""
        self._archive = archive
        self._whole = whole

    def put(
        self, content: pb.DocumentContent, act: Act, requests: Iterator[pb.PutDocumentRequest]
    ) -> Iterator[pb.PutDocumentResponse]:
        """Yield the number of bytes kept so far, the same after each chunk, and finally the signed receipt."""
        content.DiscardUnknownFields()
        insist_content(content)
        kept = self._begin(act, content)
        size = content.size
        if kept.state == pb.DOCUMENT_STATE_HELD:
            with self._archive.journal.reading() as view:
                receipt = self._archive.shelf.receipts.last_held(view, kept.token)
            yield pb.PutDocumentResponse(have=size, receipt=receipt)
            return
        start = held(self._archive.depot, kept.berth)
        yield pb.PutDocumentResponse(have=start)
        for have in take_in(self._archive.depot, kept.berth, requests, start):
            yield pb.PutDocumentResponse(have=have)
        with self._archive.depot.alone(kept.berth.name):  # no deletion between this look and the commit
            if self._archive.depot.length(kept.berth.name, size) != size:
                raise NotFound("the upload was dropped meanwhile: send the document again")
            receipt, nodes = self._received(kept, act)
        self._whole(nodes)
        yield pb.PutDocumentResponse(have=size, receipt=receipt)

    def get(self, wanted: pb.DocumentWanted, act: Act) -> Iterator[pb.GetDocumentResponse]:
        """Yield a document that the asking member sent; raises `NotFound` when it is not here."""
        token = self._archive.shelf.documents.token(act.installation.member, wanted.sha256)

        def command(work: Work) -> KeptDocument | None:
            act.insist_first(work)
            kept = self._archive.shelf.documents.find(work.view, token)
            here = kept is not None and kept.state == pb.DOCUMENT_STATE_HELD
            act.log(
                work,
                EntryKind.DOCUMENT_SHOWN,
                at=stamp(self._archive.now()),
                document=wanted.sha256.hex(),
                reason=wanted.reason,
                shown=int(here),
            )
            return kept

        kept = self._archive.journal.run(command, onces=[act.once]).value
        if kept is None or kept.state != pb.DOCUMENT_STATE_HELD:
            released = kept is not None and kept.state == pb.DOCUMENT_STATE_RELEASED
            raise NotFound(
                "it was carried to its holders and is kept here no more: its path names them"
                if released
                else "no whole document of that digest, sent by this member, is here"
            )
        berth = kept.berth
        yield pb.GetDocumentResponse(content=berth.content)
        offset = wanted.offset
        pieces = self._archive.depot.read(berth.name, key=berth.key, digest=wanted.sha256, offset=offset)
        for data in pieces:
            yield pb.GetDocumentResponse(chunk=pb.DocumentChunk(offset=offset, data=data))
            offset += len(data)

    def _begin(self, act: Act, content: pb.DocumentContent) -> KeptDocument:
        """Find or add the document, and log that an upload begins."""
        sender = act.installation.member
        new = self._archive.shelf.documents.prepared(sender, content, pb.DOCUMENT_STATE_PARTLY, time.time())
        token, most = self._archive.shelf.documents.token(sender, content.sha256), limits().member_bytes

        def command(work: Work) -> KeptDocument:
            act.insist_first(work)
            kept = self._archive.shelf.documents.find(work.view, token)
            if kept is not None and kept.berth.content != content:
                if kept.state == pb.DOCUMENT_STATE_HELD:
                    raise InvalidRequest(list(_differences(kept.berth.content, content)))
                kept = self._archive.shelf.documents.describe_anew(work, kept, content)
            if kept is None or kept.state != pb.DOCUMENT_STATE_ANNOUNCED:
                waits = self._archive.shelf.namings.unclaimed_bytes(work.view, sender, token)
                if waits + content.size > most:
                    raise Exhausted(
                        f"{waits} bytes of {sender} wait here without a notice, {most} are the most: "
                        "send the notices that name them",
                        retry_after_s=60.0,
                    )
            if kept is None:
                self._archive.shelf.documents.add(work, new)
                kept = new.value
            elif kept.state == pb.DOCUMENT_STATE_RELEASED:
                kept = KeptDocument(kept.token, sender, pb.DOCUMENT_STATE_PARTLY, kept.berth)
            if kept.state != pb.DOCUMENT_STATE_HELD:
                self._archive.shelf.documents.set_state(work, token, kept.state, time.time())
            act.log(
                work,
                EntryKind.DOCUMENT_UPLOAD,
                at=stamp(self._archive.now()),
                document=content.sha256.hex(),
                size=content.size,
            )
            return kept

        return self._archive.journal.run(command, onces=[act.once]).value

    def _received(self, kept: KeptDocument, act: Act) -> tuple[Envelope, frozenset[str]]:
        """Log that the whole document is here; return its signed receipt and the nodes that wait for the document."""
        now, content, token = self._archive.now(), kept.berth.content, kept.token
        entry = self._archive.journal.entry(
            EntryKind.DOCUMENT_RECEIVED,
            at=stamp(now),
            officer=act.officer,
            by=str(act.installation),
            document=content.sha256.hex(),
            size=content.size,
        )
        receipt = self._archive.receipt(content, pb.DOCUMENT_STAGE_HELD, entry, now)
        kept_receipt = self._archive.shelf.receipts.prepared(token, pb.DOCUMENT_STAGE_HELD, receipt, own=True)

        def command(work: Work) -> tuple[Envelope, frozenset[str]]:
            state = self._archive.shelf.documents.state(work.view, token)
            if state is None:
                raise NotFound("the upload was dropped meanwhile: send the document again")
            if state in _WHOLE:  # another upload of the same document was first
                return self._archive.shelf.receipts.last_held(work.view, token), frozenset()
            work.log.add(entry)
            self._archive.shelf.receipts.keep(work, kept_receipt)
            self._archive.shelf.documents.set_state(work, token, pb.DOCUMENT_STATE_HELD, time.time())
            return receipt, self._archive.shelf.carriages.waiting_nodes(work.view, token)

        return self._archive.journal.run(command).value


def _differences(known: pb.DocumentContent, announced: pb.DocumentContent) -> Iterator[FieldViolation]:
    if known.size != announced.size:
        yield FieldViolation("size", "SIZE", f"the content of this digest has {known.size} bytes")
    if known.media_type != announced.media_type:
        yield FieldViolation(
            "media_type", "TYPE", f"the content of this digest is here as {known.media_type}"
        )
