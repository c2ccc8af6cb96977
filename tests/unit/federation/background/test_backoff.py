"""What fails is named once and tried again after a pause, each peer by itself."""

from __future__ import annotations

import pytest

from federation.background.backoff import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    NOT_OFFERED,
    NOT_OFFERED_PAUSE_S,
    Backoff,
    Backoffs,
)
from federation.errors import HutongError, Unavailable


def test_each_reason_is_named_once_until_it_succeeds(caplog: pytest.LogCaptureFixture) -> None:
    backoff = Backoff("seals")
    pauses = [backoff.failed(Unavailable("is away")) for _ in range(20)]
    assert FIRST_PAUSE_S <= pauses[0] < pauses[3] < pauses[-1] <= LONGEST_PAUSE_S
    assert not backoff.ready()
    backoff.failed(ValueError("a mistake of ours"))
    backoff.failed(ValueError("a mistake of ours"))
    assert backoff.failed(HutongError("no such method", reason=NOT_OFFERED)) == NOT_OFFERED_PAUSE_S
    backoff.succeeded()
    assert backoff.ready()
    backoff.failed(Unavailable("is away again"))
    assert [(r.levelname, bool(r.exc_info)) for r in caplog.records] == [
        ("WARNING", False),
        ("ERROR", True),
        ("WARNING", False),
        ("WARNING", False),
    ]


def test_a_peer_that_fails_pauses_and_delays_no_other(caplog: pytest.LogCaptureFixture) -> None:
    called: list[str] = []

    def away() -> None:
        called.append("away")
        raise Unavailable("is away")

    backoffs = Backoffs("heads of", longest_s=3600.0)
    assert backoffs.attempt("gateway-1", away) is False
    for _ in range(5):
        backoffs.attempt("gateway-1", away)
    assert backoffs.attempt("gateway-2", lambda: called.append("answered")) is True
    assert called == ["away", "answered"]
    assert [record.getMessage() for record in caplog.records] == [
        "heads of gateway-1: waits: UNAVAILABLE: is away"
    ]


def test_a_fault_of_the_program_is_not_taken_for_a_failure_of_the_peer() -> None:
    def mistaken() -> None:
        raise ValueError("a mistake of ours")

    backoffs = Backoffs("heads of")
    with pytest.raises(ValueError, match="a mistake of ours"):
        backoffs.attempt("gateway-1", mistaken)
    assert backoffs.ready("gateway-1")
