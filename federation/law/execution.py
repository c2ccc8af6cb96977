"""What can follow what in the execution of a sentence (R21).

Histories in registers have gaps, so only what no missing event can explain is refused: custody or supervision after
its end, and anything but property and retrials after a death.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from federation.v1 import record_pb2 as pb

_CUSTODY: Final = frozenset(
    {
        pb.EXECUTION_KIND_PENDING_DELIVERY,
        pb.EXECUTION_KIND_SERVING,
        pb.EXECUTION_KIND_REDUCED,
        pb.EXECUTION_KIND_COMMUTED,
        pb.EXECUTION_KIND_PAROLED,
        pb.EXECUTION_KIND_OUTSIDE_PRISON,
        pb.EXECUTION_KIND_ESCAPED,
    }
)
_SUPERVISED: Final = _CUSTODY | {pb.EXECUTION_KIND_COMMUNITY_CORRECTION}
#: Property is executed against the estate too (刑事诉讼法 271, 272).
_OF_PROPERTY: Final = frozenset(
    {pb.EXECUTION_KIND_FINE_PAID, pb.EXECUTION_KIND_FINE_REMITTED, pb.EXECUTION_KIND_CONFISCATED}
)
#: The dead are tried again too, for an acquittal (刑事诉讼法 252, 253).
_RETRIAL: Final = frozenset({pb.EXECUTION_KIND_RETRIAL_ORDERED, pb.EXECUTION_KIND_RETRIAL_UPHELD})
_ALL_BUT_PROPERTY: Final = frozenset(pb.ExecutionKind.values()) - _OF_PROPERTY - _RETRIAL
#: End of an execution -> what cannot come after it. Control is served after a term (刑法 69(2)), so a release may be
#: followed by supervision. Probation is revoked even after its end for a crime within it (刑法 77, 86); custody then
#: follows.
NEVER_AFTER: Final = {
    pb.EXECUTION_KIND_COMPLETED: _CUSTODY,
    pb.EXECUTION_KIND_DISCHARGED: _SUPERVISED,
    pb.EXECUTION_KIND_PARDONED: _SUPERVISED | {pb.EXECUTION_KIND_REVOKED},
    pb.EXECUTION_KIND_DIED: _ALL_BUT_PROPERTY,
    pb.EXECUTION_KIND_EXECUTED: _ALL_BUT_PROPERTY,
}
_REVOCABLE: Final = frozenset({pb.EXECUTION_KIND_COMPLETED, pb.EXECUTION_KIND_DISCHARGED})


def impossible(events: Sequence[pb.ExecutionEvent]) -> Iterator[tuple[int, pb.ExecutionEvent]]:
    """Yield the place of each event that cannot come where it stands, and the end that rules it out.

    Events are listed oldest first. Of two on the same day nobody knows which came first.
    """
    ended: pb.ExecutionEvent | None = None
    for place, event in enumerate(events):
        if ended is not None and event.on > ended.on and event.kind in NEVER_AFTER[ended.kind]:
            yield place, ended
            continue
        if event.kind == pb.EXECUTION_KIND_REVOKED and ended is not None and ended.kind in _REVOCABLE:
            ended = None
        elif event.kind in NEVER_AFTER and (ended is None or ended.kind in _REVOCABLE):
            ended = event
