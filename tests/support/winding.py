"""A federation of this process whose clock is wound forward: servers and clients see the same day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from certs.charter_office import Lifetimes
from federation.charter.model import ProfilePeriod
from federation.client import Client
from federation.law.workdays import load_workdays
from federation.values import clock
from node.store.keys import NodeKeys
from tests.support.federation import SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.local import OFFICER

_LONG = timedelta(days=45)


class Wound:
    """A running federation, and by how much its clock is ahead."""

    def __init__(self, inside: InsideFederation, ahead: list[timedelta]) -> None:
        self.inside, self._ahead = inside, ahead
        self._clients: dict[tuple[str, str], Client] = {}
        self._keys: dict[str, NodeKeys] = {}

    def client(self, member: str, officer: str = OFFICER) -> Client:
        """Return a member's client, always the same for one officer."""
        if (member, officer) not in self._clients:
            self._clients[member, officer] = self.inside.client(member, officer)
        return self._clients[member, officer]

    @property
    def today(self) -> date:
        """The day in Beijing by the federation's clock."""
        return clock.legal_day(clock.now())

    def to(self, day: date) -> None:
        """Wind the clock to the same hour of another day."""
        self._ahead[0] += day - self.today

    def working_day(self, count: int) -> date:
        """Return the `count`th working day after today."""
        return load_workdays().after(self.today, count)

    def keys(self, agency: str) -> NodeKeys:
        """Return the secret keys of an agency's node."""
        if agency not in self._keys:
            self._keys[agency] = NodeKeys.load(self.inside.node_settings(agency).home / "keys")
        return self._keys[agency]


@contextmanager
def wound(
    home: Path, profiles: Sequence[ProfilePeriod], *, windows_ask_directly: bool = False
) -> Iterator[Wound]:
    """Run a federation, as it is founded for use unless windows ask directly, without approved applications."""
    ahead = [timedelta(0)]

    def now() -> datetime:
        return datetime.now(UTC) + ahead[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", now)
        lifetimes = Lifetimes(snapshot=_LONG, timestamp=_LONG)
        small = SmallFederation(
            home,
            clock=now,
            profiles=profiles,
            lifetimes=lifetimes,
            windows_ask_directly=windows_ask_directly,
        )
        with inside_federation(small) as inside:
            for agency in small.agencies:
                inside.start_node(agency)
            inside.start_gateway()
            yield Wound(inside, ahead)
