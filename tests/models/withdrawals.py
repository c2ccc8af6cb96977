"""Sealed, unsealed, sealed again, while replies are lost: does the holder end as the proposer does?

X keeps what it is about to send before it sends it. With `states_first` a proposal counts as being withdrawn from
then on, its id is never used again, and the withdrawal is sent until it is taken, also when the record is sealed again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

STANDS, BEING_WITHDRAWN, WITHDRAWN = range(3)


class State(NamedTuple):
    """One moment; a message is ("propose" or "withdraw", id), an id the version of the record that was sealed."""

    version: int  # odd: sealed at X
    waiting: frozenset[int]  # versions that X has yet to send
    proposed: frozenset[tuple[int, int]]  # id and what became of it, as X remembers
    page: tuple[str, frozenset[int], frozenset[tuple[str, int]]] | None
    gateway: frozenset[tuple[str, int]]  # on its way to the holder
    holder: frozenset[tuple[int, bool]]  # id, and whether it was withdrawn
    losses: int
    crashes: int


def search(*, states_first: bool, acts: int, losses: int, crashes: int) -> tuple[str, int]:
    """Return how holder and proposer may differ when all is quiet, and the number of states."""
    first = State(1, frozenset({1}), frozenset(), None, frozenset(), frozenset(), losses, crashes)
    seen, queue = {first}, deque([first])
    while queue:
        t = queue.popleft()
        held, sealed = any(not gone for _, gone in t.holder), t.version % 2 == 1
        if not t.waiting and t.page is None and not t.gateway and held != sealed:
            return f"X is {'sealed' if sealed else 'open'}, the holder {'holds' if held else 'tells'}", len(
                seen
            )
        for after in _steps(t, states_first, acts):
            if after not in seen:
                seen.add(after)
                queue.append(after)
    return "", len(seen)


def _steps(t: State, states_first: bool, acts: int) -> Iterator[State]:
    if t.version < acts:
        yield t._replace(version=t.version + 1, waiting=t.waiting | {t.version + 1})
    if t.page is None and t.waiting:
        yield _keep(t, states_first)
    elif t.page is not None:
        stage, rows, messages = t.page
        if stage == "kept":
            yield t._replace(page=("taken", rows, messages), gateway=t.gateway | messages)
        else:
            gone = {i for kind, i in messages if kind == "withdraw"}
            proposed = frozenset((i, WITHDRAWN if i in gone else what) for i, what in t.proposed)
            yield t._replace(page=None, waiting=t.waiting - rows, proposed=proposed)
        if t.losses:
            yield t._replace(page=None, losses=t.losses - 1)
        if t.crashes:
            yield t._replace(page=None, crashes=t.crashes - 1)
    for message in t.gateway:
        holder, (kind, i) = dict(t.holder), message
        holder[i] = kind == "withdraw" or holder.get(i, False)
        yield t._replace(gateway=t.gateway - {message}, holder=frozenset(holder.items()))


def _keep(t: State, states_first: bool) -> State:
    """X writes down what it is about to send."""
    proposed, messages = dict(t.proposed), set[tuple[str, int]]()
    pending = [i for i, what in proposed.items() if states_first and what == BEING_WITHDRAWN]
    in_force = [i for i, what in proposed.items() if what == STANDS]
    if t.version % 2 == 1:
        i = in_force[0] if in_force else t.version
        proposed.setdefault(i, STANDS)
        messages.add(("propose", i))
        messages |= {("withdraw", i) for i in pending}
    else:
        messages |= {("withdraw", i) for i in (*in_force, *pending)}
        if states_first:
            proposed |= dict.fromkeys(in_force, BEING_WITHDRAWN)
    return t._replace(proposed=frozenset(proposed.items()), page=("kept", t.waiting, frozenset(messages)))
