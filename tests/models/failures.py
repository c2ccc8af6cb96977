"""Crashes, restarts and restored copies: what can go wrong with each party of the model of seals that wait."""

from __future__ import annotations

from collections.abc import Iterator

from tests.models.states import IDLE, LOST_CALLER, NOTHING, SENT, TAKEN, Scenario, State, put

Step = tuple[str, State]


def failures(s: Scenario, t: State) -> Iterator[Step]:
    """Yield every crash, restart and restored copy that the budget of `t` still allows, by name."""
    fewer = t._replace(crashes=t.crashes - 1)
    if t.crashes and t.x_up:
        yield "X crashes", fewer._replace(x_up=False)
    if t.crashes and t.y_up:
        yield "Y crashes", fewer._replace(y_up=False)
    if not t.x_up:
        yield "X restarts", t._replace(x_up=True)
    if not t.y_up:
        yield "Y restarts", t._replace(y_up=True)
    for g in range(s.gateways):
        if t.up[g] and t.crashes:
            down = fewer._replace(
                up=put(t.up, g, False),
                hand=tuple(put(h, g, IDLE if h[g] in (SENT, TAKEN) else h[g]) for h in t.hand),
                delivery=tuple(
                    put(d, g, {SENT: LOST_CALLER, TAKEN: IDLE}.get(d[g], d[g])) for d in t.delivery
                ),
                synced=put(t.synced, g, not s.sync_at_start),
            )
            yield f"G{g} crashes", not_asked(down) if g == 0 else down
        if not t.up[g]:
            yield f"G{g} restarts", t._replace(up=put(t.up, g, True))
            if t.restores:
                old = tuple(put(row, g, NOTHING) for row in t.row)
                yield (
                    f"G{g} is restored from an old copy",
                    t._replace(up=put(t.up, g, True), row=old, restores=t.restores - 1),
                )


def not_asked(t: State) -> State:
    """Return the state without the question: it ends with its gateway."""
    t = t._replace(phase="before", x_page="", x_asked=0, x_brought=0, x_bit=False, round=0)
    return t._replace(y_page="", y_knew=0, y_told=0, y_digests=0, wanted=0)
