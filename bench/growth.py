"""How much the stores of a federation grow by a record, a question and a notice: the bytes that SQLite uses."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

from bench.federation import Federation, running
from bench.intake import SENDERS, drained, pages, send, take
from bench.persons import plans, queries, records
from bench.report import Figure
from federation.client import Client

NODE, GATEWAY = "nodes/police-1", "gateways/gateway-1"


def figures(*, quick: bool) -> list[Figure]:
    """Enter, ask and notify, one after the other, and compare what the stores use before and after."""
    number = 300 if quick else 2_000
    with running() as federation, ExitStack() as stack:
        clients = {
            member: stack.enter_context(Client.open(federation.description, member, officer="王警官"))
            for member in ("police", "interconnect", *SENDERS)
        }
        begun = _used(federation)
        outcomes = clients["police"].register.enter_many("police-1", records("police", number))
        entered = sum(outcome.HasField("receipt") for outcome in islice(outcomes, number))
        federation.settle()
        filled = _used(federation)
        for query in islice(queries(plans()), number):
            clients["police"].ask(query)
        federation.settle()
        asked = _used(federation)
        notices = send(clients, take(pages(), number))
        drained(federation, clients)
        federation.settle()
        notified = _used(federation)

    def each(store: str, before: dict[str, int], after: dict[str, int], of: int) -> float:
        return (after[store] - before[store]) / of

    return [
        Figure(
            "a record at its node",
            each(NODE, begun, filled, entered),
            "bytes",
            note=f"{entered:,}, with their log entries",
        ),
        Figure(
            "a question at a node", each(NODE, filled, asked, number), "bytes", note=f"{number:,} questions"
        ),
        Figure("a question at the gateway", each(GATEWAY, filled, asked, number), "bytes"),
        Figure(
            "a notice at the gateway",
            each(GATEWAY, asked, notified, notices),
            "bytes",
            note=f"{notices:,} notices of every kind, with receipts",
        ),
        Figure(
            "a notice at a node",
            each(NODE, asked, notified, notices),
            "bytes",
            note="that of the police, to which not every notice goes",
        ),
    ]


def _used(federation: Federation) -> dict[str, int]:
    return {name: used(federation.layout.home / name / "store.db") for name in (NODE, GATEWAY)}


def used(store: Path) -> int:
    """Return the bytes of the pages that a database uses, be they in its file or in its write-ahead log."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        size, number, free = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
    return size * (number - free)
