"""Walk every schedule of a scenario, shortest first."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from tests.models.seals import Model
from tests.models.states import Scenario, State


@dataclass(frozen=True)
class Searched:
    """What a search found: the promise that breaks, how, and how many states there are."""

    broken: str
    schedule: tuple[str, ...]
    states: int


def search(scenario: Scenario, *, most: int = 2_000_000) -> Searched:
    """Return the shortest schedule that breaks a promise, or none after every one; raises `MemoryError` past `most`."""
    model = Model(scenario)
    first = model.initial()
    came: dict[State, tuple[State, str] | None] = {first: None}
    queue = deque([first])
    while queue:
        state = queue.popleft()
        steps = list(model.steps(state))
        broken = model.broken(state) or ("stuck" if not steps and state.phase in ("before", "asking") else "")
        if broken:
            return Searched(broken, _path(came, state), len(came))
        for name, after in steps:
            if after not in came:
                came[after] = (state, name)
                queue.append(after)
        if len(came) > most:
            raise MemoryError(f"more than {most} states")
    return Searched("", (), len(came))


def _path(came: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    names = []
    while (before := came[state]) is not None:
        state, name = before
        names.append(name)
    return tuple(reversed(names))
