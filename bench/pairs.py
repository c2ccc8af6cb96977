"""`Ask` about unknown, sealed and withheld persons in turn: whether the time of an answer tells them apart.

Every person is asked about once, by a number that nobody else has. Two groups of unknown persons show how far medians
are apart by chance; a bound is not proven.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median, quantiles

from bench.federation import measuring, running
from bench.report import Figure, Measured
from bench.sealing import enter, sealed_records
from federation.client import Client
from federation.v1 import query_pb2, record_pb2

UNKNOWN, CONTROL = "unknown", "unknown, others"


def _withheld(record: record_pb2.Record) -> record_pb2.Record:
    """Return the record without the birth date, its number only declared: whether it is sealed is in doubt."""
    record.person.birth_date = ""
    record.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    record.unknowns.add(field="person.birth_date", reason=record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
    return record


#: Variant -> the agency that enters the record, and what is made of a sealed one.
_ENTERED: Mapping[str, tuple[str, Callable[[record_pb2.Record], record_pb2.Record]]] = {
    "sealed at the police": ("police", lambda record: record),
    "sealed at justice": ("justice", lambda record: record),
    "withheld at the police": ("police", _withheld),
}


def measure(*, quick: bool) -> Measured:
    """Enter persons of each variant and ask about one of each in turn, in an order drawn anew each time."""
    number = 50 if quick else 200
    with running() as federation:
        asked = {
            variant: [_subject(record) for record in islice(sealed_records("police", after), number)]
            for variant, after in ((UNKNOWN, 0), (CONTROL, number))
        }
        first = 2 * number
        for variant, (agency, made) in _ENTERED.items():
            records = list(islice(sealed_records(agency, first), number))
            first += number
            asked[variant] = [_subject(record) for record in records]
            with Client.open(federation.description, agency, officer="登记员甲") as client:
                enter(client, f"{agency}-1", [made(record) for record in records])
        federation.settle()
        with measuring(federation) as spent:
            took = _alternate(federation.description, asked, number)
    figures = [
        Figure(f"Ask, {variant}, median", median(times), "ms", note=_spread(times))
        for variant, times in took.items()
    ]
    apart = {variant: abs(median(times) - median(took[UNKNOWN])) for variant, times in took.items()}
    figures.append(Figure("two groups of unknown persons, medians apart", apart.pop(CONTROL), "ms"))
    figures.append(Figure("sealed or withheld and unknown, at most apart", max(apart.values()), "ms"))
    return Measured("pairs", figures, spent.cpu, (*spent.remarks(), f"{number} alternations"))


def _alternate(
    description: Path, asked: Mapping[str, list[query_pb2.Subject]], number: int
) -> dict[str, list[float]]:
    """Return the milliseconds of each question by variant."""
    took: dict[str, list[float]] = {variant: [] for variant in asked}
    draw = Random(1)
    with Client.open(description, "procuratorate", officer="李检察官") as client:
        for turn in range(number):
            for variant in draw.sample(list(asked), len(asked)):
                query = query_pb2.Query(
                    purpose=query_pb2.PURPOSE_CASE,
                    case_number="京公立〔2025〕1号",
                    subject=asked[variant][turn],
                )
                started = time.perf_counter()
                answer = client.ask(query).answer
                took[variant].append((time.perf_counter() - started) * 1000)
                if answer.finding != query_pb2.FINDING_NO_RECORD:
                    raise RuntimeError(f"{variant}: {query_pb2.Finding.Name(answer.finding)}")
    return took


def _subject(record: record_pb2.Record) -> query_pb2.Subject:
    """Return the person of a record as one asks about."""
    person = record.person
    return query_pb2.Subject(
        identifiers=[record_pb2.Identifier(type=i.type, number=i.number) for i in person.identifiers],
        name=person.names[0].text,
        birth_date=person.birth_date,
    )


def _spread(times: list[float]) -> str:
    parts = quantiles(times, n=4)
    return f"half of them {parts[0]:.1f} to {parts[2]:.1f} ms"
