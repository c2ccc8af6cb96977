"""What ends of a server is in its log from half of its time on: at the start, once a day, and no more once renewed."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from server.early_warnings import EarlyWarnings
from tests.support.federation import SmallFederation
from tests.support.inside import inside_federation
from tests.support.ticking import Ahead
from tests.support.waiting import wait_for

NODE = "police/node/police-1"
SAYS = "past half of its time: "


@pytest.fixture
def ahead() -> Ahead:
    return Ahead()


@pytest.fixture
def federation(tmp_path: Path, ahead: Ahead) -> SmallFederation:
    return SmallFederation(tmp_path, agencies=("police",), clock=ahead)


def named(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the beginnings of the warnings since the last call."""
    found = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return [line.removeprefix(SAYS).split(" ends at ")[0] for line in found if line.startswith(SAYS)]


class Watched:
    """What is watched of the node of the police, without a server."""

    def __init__(self, federation: SmallFederation, ahead: Ahead) -> None:
        self.party, self.trust = federation.party(NODE), federation.trust("watch")
        self.trust.refresh()
        self._federation, self._ahead = federation, ahead
        self.warnings = EarlyWarnings(
            certificate=self.party.certificate,
            installation=self.party.installation,
            trust=self.trust,
            now=ahead,
        )

    def look(self, by: timedelta) -> None:
        """Look at a later time, until which the publisher has refreshed the charter."""
        self._ahead.by = by
        self._federation.office.refresh()
        self.trust.refresh()
        self.warnings.look()


def test_each_is_named_from_half_of_its_time_on_and_once_a_day(
    federation: SmallFederation, ahead: Ahead, caplog: pytest.LogCaptureFixture
) -> None:
    watched, certificate = Watched(federation, ahead), f"the certificate of {NODE}"
    for days, names in (
        (0, []),
        (20, [certificate]),
        (20.1, []),
        (21.1, [certificate]),
        (100, [certificate, "police"]),
    ):
        watched.look(timedelta(days=days))
        assert named(caplog) == names, days
    watched.look(timedelta(days=179))
    assert named(caplog) == [certificate, "police"]


def test_what_was_renewed_is_named_no_more(
    federation: SmallFederation, ahead: Ahead, caplog: pytest.LogCaptureFixture
) -> None:
    watched = Watched(federation, ahead)
    watched.look(timedelta(days=20))
    assert named(caplog) == [f"the certificate of {NODE}"]
    certificate, _ = federation.issue(NODE)
    certificate.replace(watched.party.certificate)
    watched.look(timedelta(days=22))
    assert named(caplog) == []


def test_a_server_names_it_at_its_start_and_while_it_serves(
    federation: SmallFederation, ahead: Ahead, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), inside_federation(federation) as inside:
        inside.start_node("police")
        assert named(caplog) == []
        ahead.by = timedelta(days=20)
        federation.office.refresh()
        wait_for(lambda: named(caplog), lambda found: found != [], what="a warning while it serves")
    with caplog.at_level(logging.WARNING), inside_federation(federation) as again:
        again.start_node("police")
        assert named(caplog) == [f"the certificate of {NODE}"], "at the start"
