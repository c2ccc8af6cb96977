"""What a gateway's port shows of its work: questions and notices, alike whether a record is open, sealed or absent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from compose.local.founding import free_ports
from federation.errors import HutongError
from federation.v1 import record_pb2
from tests.integration.test_watching import Ahead, get
from tests.support.asking import case, sealed_case
from tests.support.federation import SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.records import Someone, open_record, sealed_record


@contextmanager
def watched_gateway(home: Path, ahead: Ahead) -> Iterator[tuple[InsideFederation, Callable[[], str]]]:
    """Yield a node and a gateway, and what reads the gateway's figures a minute later."""
    [port] = free_ports(1)

    def later() -> str:
        ahead.by += timedelta(minutes=1)
        return get(port, "/metrics")[1]

    with inside_federation(SmallFederation(home, agencies=["police"], clock=ahead)) as inside:
        inside.start_node("police")
        inside.start_gateway(watch_listen=f"127.0.0.1:{port}")
        yield inside, later


def counted(text: str) -> dict[tuple[str, str], float]:
    """Return the number of questions by purpose and outcome."""
    found = re.findall(
        r'^hutong_question_seconds_count{purpose="(\w+)",outcome="(\w+)"} (\S+)$', text, re.MULTILINE
    )
    return {(purpose, outcome): float(number) for purpose, outcome, number in found}


def test_questions_are_counted_by_purpose_and_outcome(tmp_path: Path) -> None:
    with watched_gateway(tmp_path, Ahead()) as (inside, later):
        client = inside.client("police")
        before = later()
        assert counted(before) == {}
        assert 'hutong_notices_waiting{node="police-1"} 0' in before
        assert "hutong_seals_late{} 0" in before
        client.questions.ask(case(Someone().subject()))
        nobody = case(Someone().subject())
        nobody.ClearField("subject")
        with pytest.raises(HutongError):
            client.questions.ask(nobody)
        text = later()
        assert counted(text) == {("case", "answered"): 1.0, ("unread", "refused"): 1.0}
        assert 'outcome="answered",le="+Inf"} 1' in text


def test_r41_an_open_a_sealed_and_no_record_leave_the_same_figures(tmp_path: Path) -> None:
    seen = []
    kinds: list[Callable[[str], tuple[Someone, record_pb2.Record]] | None] = [
        open_record,
        sealed_record,
        None,
    ]
    for number, make in enumerate(kinds):
        with watched_gateway(tmp_path / str(number), Ahead()) as (inside, later):
            client = inside.client("police")
            someone = Someone()
            if make is not None:
                someone, made = make("police")
                client.register.enter("police-1", made)
            client.questions.ask(case(someone.subject()))
            client.questions.ask(sealed_case(someone.subject()))
            seen.append(without_moments(later()))
    assert len(set(seen)) == 1
    assert set(counted(seen[0]).values()) == {1.0}


def without_moments(text: str) -> str:
    """Return the figures without moments, and without how long questions took, which the machine's load decides."""
    text = re.sub(r"(_timestamp_seconds\S*) [\d.e+]+", r"\1 T", text)
    return re.sub(r'(le="[\d.]+"}) \d+', r"\1 N", text)
