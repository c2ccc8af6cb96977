"""The load generator, a process of its own: many callers, each asking again as soon as it is answered.

Questions are signed before the clock starts, and every answer is verified after it stops, so that what is
measured is the federation and not its client. Runs as `python -m bench.caller FEDERATION.json CALLERS NUMBER`
and prints one line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import queue
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import grpc

from bench.federation import cpu_of
from bench.persons import plans, queries
from compose.trust.pins import CharterAtTime, trust
from federation.charter.envelope import ANSWER, GATEWAY, verify_payload
from federation.client import Client
from federation.evidence.answer_file import document_text, render, verify
from federation.statements.methods import ASK
from federation.transport.tls import channel
from federation.v1 import query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock
from federation.values.identity import Role

MEMBERS = ("police", "procuratorate", "justice", "state_security")
METHOD = "/federation.v1.QueryService/Ask"
#: Answers checked offline in full, as `hutong verify` does; the signature of each is checked in any case.
SAMPLE = 50


@dataclass
class Called:
    """What became of the questions: milliseconds of each, codes of those that failed, what was answered."""

    seconds: float
    cpu_s: float
    took_ms: list[float]
    errors: list[str]
    incomplete_or_wrong: int = 0
    verified_in_full: int = 0
    findings: dict[str, int] = field(default_factory=dict)


def call(description: Path, callers: int, number: int) -> Called:
    """Ask `number` questions with `callers` of them under way at a time; return what became of them."""
    with ExitStack() as stack:
        clients = [stack.enter_context(Client.open(description, m, officer="李警官")) for m in MEMBERS]
        envelopes = _signed(clients, number)
        requests = [query_pb2.AskRequest(envelope=e).SerializeToString() for e in envelopes]
        calls: list[grpc.UnaryUnaryMultiCallable[bytes, bytes]] = [
            stack.enter_context(_channel(description, m, c)).unary_unary(METHOD)
            for m, c in zip(MEMBERS, clients, strict=True)
        ]
        _run(calls, requests[: 4 * callers], callers)
        cpu, started = cpu_of(), time.perf_counter()
        took, answers, errors = _run(calls, requests[4 * callers :], callers)
        seconds, cpu = time.perf_counter() - started, cpu_of() - cpu
        called = Called(seconds, cpu, sorted(t * 1000 for t in took), errors)
        _check(clients[0], envelopes[4 * callers :], answers, called)
    return called


def _signed(clients: Sequence[Client], number: int) -> list[Envelope]:
    asking = queries(plans())
    return [
        clients[turn % len(clients)].connection.statement(
            next(asking).SerializeToString(deterministic=True), method=ASK, destination=GATEWAY
        )
        for turn in range(number)
    ]


def _channel(description: Path, member: str, client: Client) -> grpc.Channel:
    mine = json.loads(description.read_text("utf-8"))["members"][member]
    gateway = client.charter.gateways[0]
    return channel(
        gateway.endpoint,
        server=gateway.installation,
        charter=client.charter,
        certificate=Path(mine["cert"]),
        key=Path(mine["key"]),
    )


def _run(
    calls: Sequence[grpc.UnaryUnaryMultiCallable[bytes, bytes]], requests: Sequence[bytes], callers: int
) -> tuple[list[float], list[bytes], list[str]]:
    """Return per question the seconds it took and the answer's bytes, and the codes of those that failed."""
    took, answers, errors = [0.0] * len(requests), [b""] * len(requests), []
    free: queue.SimpleQueue[None] = queue.SimpleQueue()

    def send(turn: int) -> None:
        started = time.perf_counter()

        def done(future: grpc.Future[bytes]) -> None:
            took[turn] = time.perf_counter() - started
            try:
                answers[turn] = future.result()
            except grpc.RpcError as error:
                errors.append(str(error.code()))
            free.put(None)

        calls[turn % len(calls)].future(requests[turn], timeout=20).add_done_callback(done)

    for turn in range(len(requests)):
        if turn >= callers:
            free.get()
        send(turn)
    for _ in range(min(callers, len(requests))):
        free.get()
    return took, answers, errors


def _check(client: Client, asked: Sequence[Envelope], answers: Sequence[bytes], called: Called) -> None:
    """Verify every answer's signature, request and completeness, and a sample of them in full and offline."""
    charter, now = client.charter, clock.now()
    at_time = CharterAtTime(trust(charter.federation, home=None, charter=None))
    for turn, (question, raw) in enumerate(zip(asked, answers, strict=True)):
        if not raw:
            continue
        envelope = query_pb2.AskResponse.FromString(raw).answer
        payload = verify_payload(envelope, ANSWER, charter, role=Role.INTERCONNECTS, now=now).payload
        answer = query_pb2.Answer.FromString(payload)
        good = answer.request_digest == hashlib.sha256(question.payload).digest()
        good &= answer.completeness == query_pb2.COMPLETENESS_COMPLETE
        if turn % max(1, len(answers) // SAMPLE) == 0:
            called.verified_in_full += 1
            good &= verify(document_text(render(envelope, question)).encode(), at_time).holds
        called.incomplete_or_wrong += not good
        finding = query_pb2.Finding.Name(answer.finding).removeprefix("FINDING_")
        called.findings[finding] = called.findings.get(finding, 0) + 1


if __name__ == "__main__":
    print(json.dumps(asdict(call(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))))
