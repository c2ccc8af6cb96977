"""Whether a late change of a record leaves a yes to a person (R47): only where an answer can rest on what would change.

Whoever may ask may contest a field, and where the owner neither corrects nor refuses within the days for a reply, the
record is shown with the mark. Of a field that no rule on relevance, bars or sealing reads, nothing else follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from federation.v1 import record_pb2 as pb

#: Fields that say where somebody is registered, who prosecuted, and on which paper a record rests.
READ_BY_NO_RULE: Final = frozenset(
    {"instrument", "person.household_division", "person.nationality", "prosecuting_party"}
)


def earliest(changes: Iterable[pb.LateChange]) -> list[pb.LateChange]:
    """Return one change of each field that each node owes, the one since when it has been owed, by node and field.

    However many ask for the same change, the record carries one mark of it.
    """
    found: dict[tuple[str, str], pb.LateChange] = {}
    for change in changes:
        first = found.setdefault((change.node, change.field), change)
        if change.since < first.since:
            found[change.node, change.field] = change
    return [found[place] for place in sorted(found)]


def unsettles(changes: Iterable[pb.LateChange]) -> bool:
    """Say whether one of the late changes may turn a yes into a no."""
    return any(change.field not in READ_BY_NO_RULE for change in changes)
