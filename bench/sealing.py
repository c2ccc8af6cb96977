"""Seals that spread: what one costs, and what questions about others take while a backlog of them waits.

The police enter records of minors, which the rule seals, and every seal has to reach every node. First nobody
asks; then the same again while a client asks about other persons at a steady pace.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import count, islice

from bench import steady
from bench.federation import measuring, running
from bench.persons import records
from bench.report import Figure, Measured
from compose.demo.people import synthetic_person
from federation.client import Client
from federation.v1 import record_pb2
from federation.values.numbers import sex_inside

NODE = "police-1"


def measure(*, quick: bool) -> Measured:
    """Enter sealed records at one node of a whole federation, with and without questions meanwhile."""
    number = 1_000 if quick else 5_000
    made = sealed_records()
    with (
        running() as federation,
        Client.open(federation.description, "police", officer="登记员甲") as client,
    ):
        enter(client, NODE, list(islice(made, 200)))
        federation.settle()
        with steady.asking(federation.description) as quiet:
            time.sleep(10 if quick else 30)
        first = list(islice(made, number))
        with measuring(federation) as spent:
            enter(client, NODE, first)
            federation.settle()
        second = list(islice(made, number))
        started = time.monotonic()
        with steady.asking(federation.description) as busy:
            enter(client, NODE, second)
            while time.monotonic() - started < (30 if quick else 90):
                time.sleep(0.5)
    each = {name: round(seconds * 1000 / number, 2) for name, seconds in spent.cpu.items()}
    return Measured(
        "seals",
        [
            Figure("a seal to every node, CPU of the gateway", each["gateway-1"], "ms", 5, "less"),
            Figure("a seal to every node, CPU of all servers", sum(each.values()) - each["client"], "ms"),
            Figure("seals to every node, entry included", number / spent.seconds, "seals/s"),
            Figure(
                "Ask meanwhile, p99", busy.p(99), "ms", 3 * quiet.p(99), "less", f"p50 {busy.p(50):.1f} ms"
            ),
            Figure("Ask quiet, p99", quiet.p(99), "ms", note=f"p50 {quiet.p(50):.1f} ms"),
            Figure("incomplete answers and errors meanwhile", busy.bad, "", 0, "less"),
        ],
        spent.cpu,
        (
            *spent.remarks(),
            f"CPU ms a seal: {each}",
            f"meanwhile {dict(busy.ends)}, quiet {dict(quiet.ends)}",
        ),
    )


def sealed_records(agency: str = "police", after: int = 0) -> Iterator[record_pb2.Record]:
    """Yield an agency's records of persons who were sixteen and got at most five years: the rule seals them.

    The first `after` of them are left out: two agencies can hold records of different persons.
    """
    base = next(
        each
        for each in records(agency, 1000)
        if each.person.identifiers and len(each.offences) == 1 and each.judgment_number.original
    )
    for serial in count(after + 1):
        record = record_pb2.Record()
        record.CopyFrom(base)
        conduct = date.fromisoformat(record.offences[0].conduct_from)
        someone = synthetic_person(
            91, f"minor {serial}", date(conduct.year - 16, 1 + serial % 6, 1 + serial % 28)
        )
        record.person.CopyFrom(
            record_pb2.Person(
                identifiers=[
                    record_pb2.Identifier(
                        type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID,
                        number=someone.number,
                        verification=record_pb2.VERIFICATION_VERIFIED,
                    )
                ],
                names=[record_pb2.Name(kind=record_pb2.NAME_KIND_REGISTERED, text=someone.name)],
                sex=sex_inside(someone.number),
                birth_date=someone.born.isoformat(),
                household_division=base.person.household_division,
                household_as_of=base.person.household_as_of,
            )
        )
        record.judgment_number.original = f"（{conduct.year}）朝刑初字第{serial + 100000}号"
        record.instrument.reference = record.judgment_number.original
        penalty = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=24)
        record.combined_penalty.CopyFrom(penalty)
        record.offences[0].penalty.CopyFrom(penalty)
        yield record


def enter(client: Client, node: str, made: list[record_pb2.Record]) -> None:
    """Enter the records at a node; raises `RuntimeError` unless it takes them all."""
    ends = Counter(str(o.WhichOneof("outcome")) for o in client.register.enter_many(node, made))
    if set(ends) != {"receipt"}:
        raise RuntimeError(f"not all were entered: {ends}")
