"""A server is a list of parts: making them starts nothing, and they run in their order and end in the reverse one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import gateway.app
import node.app
from federation.transport import access
from gateway.host import KEYS, GatewayHost
from gateway.key_kinds import GATEWAY_KEYS
from node.host import NodeHost
from node.store.key_kinds import NODE_KEYS
from node.store.keys import NodeKeys
from server.hosting import Host, hosting
from server.journal.journal import Journal
from server.keyfiles import load_keys
from server.part import Part
from server.served import served
from server.stores.key_checks import KeyRing
from tests.support.federation import SmallFederation
from tests.support.inside import InsideFederation, inside_federation

ROOT = Path(__file__).parents[2]
Hosted = tuple[Host, Callable[[], list[Part]]]


@contextmanager
def a_node(inside: InsideFederation) -> Iterator[Hosted]:
    settings = inside.node_settings("police")
    keys = NodeKeys.load(settings.home / "keys")
    ring = KeyRing(settings.home / "keys", asdict(keys), NODE_KEYS)
    with hosting(settings, ring=ring, schemas=node.app.SCHEMAS, tally_key=keys.tally) as host:
        yield host, lambda: node.app.parts(NodeHost.of(host, keys))


@contextmanager
def a_gateway(inside: InsideFederation) -> Iterator[Hosted]:
    settings = inside.gateway_settings()
    keys = load_keys(settings.home / "keys", KEYS)
    ring = KeyRing(settings.home / "keys", keys, GATEWAY_KEYS)
    with hosting(settings, ring=ring, schemas=gateway.app.SCHEMAS) as host:
        yield host, lambda: gateway.app.parts(GatewayHost.of(host, settings, keys))


@contextmanager
def acts_of_this_thread(patch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yield the threads that this thread starts and the commands that it runs; servers have others of their own."""
    seen, here = list[str](), threading.current_thread()
    start, run = threading.Thread.start, Journal.run

    def starts(thread: threading.Thread) -> None:
        if threading.current_thread() is here:
            seen.append(f"thread {thread.name}")
        start(thread)

    def runs(journal: Journal, *given: Any, **named: Any) -> Any:
        if threading.current_thread() is here:
            seen.append("command")
        return run(journal, *given, **named)

    with patch.context() as patched:
        patched.setattr(threading.Thread, "start", starts)
        patched.setattr(Journal, "run", runs)
        yield seen


@pytest.mark.parametrize(("package", "hosted"), [("node", a_node), ("gateway", a_gateway)])
def test_making_the_parts_of_a_server_starts_and_writes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    hosted: Callable[[InsideFederation], AbstractContextManager[Hosted]],
) -> None:
    with inside_federation(SmallFederation(tmp_path)) as inside, hosted(inside) as (_, make):
        with acts_of_this_thread(monkeypatch) as acts:
            parts = make()
        assert acts == []
        assert len(parts) == len(list((ROOT / package).glob("*/part.py")))


def test_parts_run_before_the_server_listens_and_end_in_the_reverse_order(tmp_path: Path) -> None:
    seen: list[str] = []

    @contextmanager
    def noted(name: str) -> Iterator[None]:
        seen.append(f"{name} begins")
        yield
        seen.append(f"{name} ends")

    parts = [Part(running=[noted("seals"), noted("lines")]), Part(running=[noted("questions")])]
    with (
        inside_federation(SmallFederation(tmp_path)) as inside,
        a_node(inside) as (host, _),
        served(host, parts, rules=access.NODE),
    ):
        seen.append("listens")
    assert seen == [
        "seals begins",
        "lines begins",
        "questions begins",
        "listens",
        "questions ends",
        "lines ends",
        "seals ends",
    ]
