"""What questions take, and what they disclose, while a large import runs in which one person in ten is a minor.

The police enter at full speed. Two other agencies hold the minors' judgments too, with an adult's birth date, so that
only the police's seal hides them. Five callers ask about other persons at a steady pace; another asks about each
minor from the receipt on, the newest first when there are more receipts than it can ask about.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from bench import steady
from bench.federation import Federation, measuring, running
from bench.persons import CASE, records
from bench.report import Figure, Measured
from bench.sealing import NODE, sealed_records
from compose.demo.casting import PROFILE
from compose.demo.delivering import spreads
from compose.local.layout import NODES
from federation.client import Client
from federation.v1 import query_pb2, record_pb2

#: Seconds of quiet asking, before and after: the slowest hundredth of fewer questions is a handful of them.
QUIET_S = 60
HOLDERS = ("procuratorate", "justice")


def measure(*, quick: bool) -> Measured:
    """Enter 20,000 records, 2,000 of minors, at one node of a whole federation."""
    number = 3_000 if quick else 20_000
    minors = list(islice(sealed_records(), number // 10))
    with running() as federation:
        for agency in HOLDERS:
            _copies(federation, agency, minors)
        federation.settle()
        before = _quiet(federation)
        sealed = JustSealed(federation)
        with steady.asking(federation.description) as busy, measuring(federation) as spent, sealed:
            _import(federation, _mixed(minors, number), sealed)
        federation.settle()
        quiet = before + _quiet(federation)
        after = Counter(sealed.ask(minor) for minor in minors[:: max(1, len(minors) // 200)])
    return Measured(
        "meanwhile",
        [
            Figure("entered at full speed meanwhile", number / spent.seconds, "records/s"),
            Figure(
                "Ask meanwhile, p99", busy.p(99), "ms", 3 * quiet.p(99), "less", f"p50 {busy.p(50):.1f} ms"
            ),
            Figure(
                "Ask quiet, p99",
                quiet.p(99),
                "ms",
                note=f"p50 {quiet.p(50):.1f} ms; {before.p(99):.1f} ms before",
            ),
            Figure(
                "incomplete answers and errors meanwhile", busy.bad, "", 0, "less", f"of {len(busy.took_ms)}"
            ),
            Figure(
                "sealed records disclosed from their receipt on",
                sealed.ends["RECORD"] + after["RECORD"],
                "",
                0,
                "less",
                f"{sum(sealed.ends.values())} asked about at once, {sum(after.values())} afterwards",
            ),
        ],
        spent.cpu,
        (f"just sealed: {dict(sealed.ends)}; afterwards {dict(after)}; others meanwhile {dict(busy.ends)}",),
    )


def _quiet(federation: Federation) -> steady.Asked:
    """Ask while nothing else is done: before the import and after it, because a host's speed drifts meanwhile."""
    with steady.asking(federation.description) as asked:
        threading.Event().wait(QUIET_S)
    return asked


class JustSealed:
    """Asks about minors as soon as their receipts are there. A context manager; ends when all was asked or left."""

    def __init__(self, federation: Federation) -> None:
        self._description = federation.description
        self.ends: Counter[str] = Counter()
        self._new: queue.LifoQueue[record_pb2.Record | None] = queue.LifoQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> JustSealed:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._new.put(None)  # the newest: what is older than this is left
        self._thread.join()

    def received(self, minor: record_pb2.Record) -> None:
        """Have the person asked about: the receipt is there."""
        self._new.put(minor)

    def ask(self, minor: record_pb2.Record) -> str:
        """Return the finding about a person, or the kind of error."""
        with Client.open(self._description, "procuratorate", officer="李警官") as client:
            return _finding(client, minor)

    def _run(self) -> None:
        with Client.open(self._description, "procuratorate", officer="李警官") as client:
            while (minor := self._new.get()) is not None:
                self.ends[_finding(client, minor)] += 1


def _finding(client: Client, minor: record_pb2.Record) -> str:
    query = query_pb2.Query(purpose=query_pb2.PURPOSE_CASE, case_number=CASE)
    query.subject.name = minor.person.names[0].text
    query.subject.identifiers.add(
        type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=minor.person.identifiers[0].number
    )
    try:
        return query_pb2.Finding.Name(client.ask(query).answer.finding).removeprefix("FINDING_")
    except Exception as error:
        return type(error).__name__


def _copies(federation: Federation, agency: str, minors: list[record_pb2.Record]) -> None:
    """Enter the same judgments at another agency, with the birth date of an adult."""
    made = []
    for minor in minors:
        copy = record_pb2.Record()
        copy.CopyFrom(minor)
        copy.person.birth_date = "1970-03-04"
        copy.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
        made.append(copy)
    with Client.open(federation.description, agency, officer="登记员甲") as client:
        for outcome in client.register.enter_many(NODES[agency], made):
            if not outcome.HasField("receipt"):
                raise RuntimeError(f"a copy was not entered: {outcome.quarantined.violations[0]}")
        if _finding(client, minors[0]) != "RECORD":
            raise RuntimeError("the copies are not found: nothing would be tried")


def _mixed(minors: list[record_pb2.Record], number: int) -> Iterator[tuple[record_pb2.Record, bool]]:
    """Yield records, every tenth a minor's."""
    adults = islice((each for each in records("police", 4 * number) if not spreads(each, PROFILE)), number)
    for turn, adult in enumerate(adults):
        yield (minors[turn // 10], True) if turn % 10 == 9 and turn // 10 < len(minors) else (adult, False)


def _import(
    federation: Federation, made: Iterator[tuple[record_pb2.Record, bool]], sealed: JustSealed
) -> None:
    sent: list[tuple[record_pb2.Record, bool]] = []

    def sending() -> Iterator[record_pb2.Record]:
        for each in made:
            sent.append(each)
            yield each[0]

    with Client.open(federation.description, "police", officer="登记员甲") as client:
        for turn, outcome in enumerate(client.register.enter_many(NODE, sending())):
            minor, is_minor = sent[turn]
            if is_minor and outcome.HasField("receipt"):
                sealed.received(minor)
