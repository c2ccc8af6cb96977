"""Take part after part from a followed system, as long as there is one, and come back later for more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from compose.follow.spool import Spool
from federation.errors import Exhausted, InvalidRequest, Unavailable

#: Seconds between two looks of a follower that takes what is there and ends.
_SOON_S: Final = 0.2
#: Rules that speak of the place where the follower works and not of the part: the part stays under way.
_OF_THE_PLACE: Final = frozenset({"BUSY", "FILE"})


class Followed(Protocol):
    """A system that is followed."""

    def next(self) -> Path | None:
        """Begin the next part and return it; None when nothing is there to be taken now."""

    @property
    def waits(self) -> bool:
        """Whether something is there that may not be whole yet."""


def follow(
    followed: Followed,
    spool: Spool,
    take: Callable[[Path], dict[str, Any]],
    *,
    every_s: float,
    once: bool,
    pause: Callable[[float], object] = time.sleep,
) -> Iterator[dict[str, Any]]:
    """Yield what became of each part, as `take` reports it; end with `once` when nothing is left.

    A part that `take` cannot read is reported with its `error`, `kept` and not tried again. While the node or the
    followed system cannot be reached, that is reported, too, and tried again; with `once` it is raised.
    """
    while True:
        try:
            while (part := spool.under_way() or followed.next()) is not None:
                yield _taken(part, spool, take)
            if once and not followed.waits:
                return
        except (Unavailable, Exhausted) as error:
            if once:
                raise
            yield {"error": error.message, "reason": error.reason}
        pause(_SOON_S if once else every_s)


def _taken(part: Path, spool: Spool, take: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    report: dict[str, Any] = {"part": part.name}
    try:
        report |= take(part)
    except InvalidRequest as error:
        if _OF_THE_PLACE & {each.rule for each in error.violations}:
            raise
        report |= {"error": error.message, "reason": error.reason, "kept": str(spool.keep(part))}
    spool.finish()
    return report
