"""What a line to a node logs is under no question's number: it serves one question after another."""

from __future__ import annotations

import asyncio
import json
import logging

import grpc.aio
import pytest

from compose.serve.serving import JsonLines
from federation.charter.model import Node
from federation.errors import Unavailable
from federation.transport.numbering import UNDER_WAY
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation, MemberId, NodeName
from gateway.asking.link import Link


class _AsWritten(logging.Handler):
    """Keeps each line as a server writes it at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(JsonLines().format(record)))


def _refused() -> grpc.aio.Channel:
    raise OSError("no way to the node")


async def _asked_by_two_calls() -> None:
    node = Node(
        name=NodeName("police-1"),
        installation=Installation.parse("police/node/police-1"),
        agency=MemberId("police"),
        endpoint="x:1",
    )
    UNDER_WAY.set(("the first call", "Ask"))
    link = Link(node=node, connect=_refused, known=lambda: None, page_deadline_s=30)
    try:
        for call in ("the first call", "the second call"):
            UNDER_WAY.set((call, "Ask"))
            with pytest.raises(Unavailable):
                await link.ask(Envelope())
    finally:
        await link.close()


def test_a_line_logs_nothing_under_the_number_of_the_call_that_opened_it() -> None:
    logger, written = logging.getLogger("gateway.asking.link"), _AsWritten()
    logger.addHandler(written)
    try:
        asyncio.run(_asked_by_two_calls())
    finally:
        logger.removeHandler(written)
    assert [line["says"] for line in written.lines] == ["police-1 cannot be reached: OSError"] * 2
    assert [line.get("request") for line in written.lines] == [None, None]
