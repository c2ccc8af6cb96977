"""Work that is repeated has one form: threads, pauses and further tries come from `federation.background`.

Elsewhere a thread starts, and code sleeps or tries again, only for a reason that is named here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVERS = ("federation", "certs", "server", "node", "gateway")
PRODUCT = (*SERVERS, "compose")
#: Modules of the servers that start a thread which is no loop, each with the reason.
OTHERS = {
    "federation/background/loop.py": "the loop itself",
    "federation/background/together.py": "calls for a limited time",
    "federation/charter/trust.py": "a read from a file system that hangs cannot be interrupted",
    "gateway/asking/looping.py": "asyncio has a loop of its own",
    "server/watching.py": "the standard library's server for health checks waits for connections",
    "server/journal/writer.py": "waits for commands, and must not repeat one that failed",
    "server/stores/admission.py": "reads the old entries once",
}
#: Modules of the product that sleep, each with the reason.
SLEEPING = {
    "federation/background/retrying.py": "the pauses of whoever tries again",
    "federation/transport/steering.py": "the system reports nothing when a queue of connections has emptied",
    "server/journal/giving_way.py": "rests after work, as long as that took",
    "gateway/asking/link.py": "asyncio: the next try is on a new stream, a moment later",
    "compose/demo/patience.py": "waits for a condition and shows what is missing",
    "compose/follow/following.py": "looks again for what another system has left",
    "compose/local/processes.py": "waits for a server that was just started",
}
#: Modules of the product that try again what failed, each with what that is.
RETRYING = {
    "federation/background/backoff.py": "the pauses themselves",
    "federation/background/loop.py": "the step of a loop that failed",
    "federation/client/asking.py": "a question whose connection broke, signed anew",
    "federation/client/resending.py": "any other single call whose connection broke",
    "federation/client/registering.py": "records of an import without an outcome",
    "federation/client/transferring.py": "a transfer, from where it ended",
    "gateway/continuity/collecting.py": "collecting heads from a gateway",
    "gateway/documents/carrying.py": "one document for a node",
    "gateway/relay/courier.py": "one notice for a node",
    "node/announcing/announcing.py": "one announcement",
    "node/continuity/informing.py": "exchanging heads with a gateway",
    "node/disclosures/recalling.py": "handing recalls to a gateway",
    "compose/demo/feeding.py": "an import of the demo",
}


def _naming(folders: Iterable[str], *wanted: str) -> Iterator[str]:
    """Yield each module below `folders` whose code has one of these names."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            names = {
                name
                for each in ast.walk(ast.parse(path.read_text("utf-8")))
                for name in (getattr(each, "attr", ""), getattr(each, "id", ""), getattr(each, "name", ""))
            }
            if names.intersection(wanted):
                yield path.relative_to(ROOT).as_posix()


def test_threads_start_only_where_named() -> None:
    assert set(_naming(SERVERS, "Thread")) == set(OTHERS)


def test_code_sleeps_only_where_named() -> None:
    assert set(_naming(PRODUCT, "sleep")) == set(SLEEPING)


def test_what_failed_is_tried_again_only_where_named() -> None:
    helpers = ("Backoff", "Backoffs", "Retries", "pause_of")
    own = "federation/background/retrying.py"
    assert set(_naming(PRODUCT, *helpers)) - {own} == set(RETRYING)
