"""The faults of a file by field and rule, in bounded memory: what is left out is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from federation.errors import FieldViolation

#: Kinds of fault (a field and a rule) that are listed, and different messages that are shown of each.
MOST_KINDS: Final = 200
MOST_EXAMPLES: Final = 3


@dataclass
class _Kind:
    rows: int = 0
    last_row: int = 0
    #: The first row with each message.
    examples: dict[str, int] = field(default_factory=dict)
    not_shown: int = 0


class FaultTally:
    """Counts faults, row after row."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._not_listed = 0

    def add(self, row: int, fault: FieldViolation) -> None:
        """Count a fault of a row."""
        key = (fault.field, fault.rule)
        if key not in self._kinds and len(self._kinds) >= MOST_KINDS:
            self._not_listed += 1
            return
        kind = self._kinds.setdefault(key, _Kind())
        kind.rows += kind.last_row != row
        kind.last_row = row
        if fault.message in kind.examples:
            return
        if len(kind.examples) < MOST_EXAMPLES:
            kind.examples[fault.message] = row
        else:
            kind.not_shown += 1

    def report(self) -> dict[str, Any]:
        """Return the kinds of fault, the most frequent one first, and how many faults are of kinds not listed."""
        kinds = sorted(self._kinds.items(), key=lambda each: -each[1].rows)
        return {
            "faults": [_shown(*key, kind) for key, kind in kinds],
            "faults_not_listed": self._not_listed,
        }


def _shown(where: str, rule: str, kind: _Kind) -> dict[str, Any]:
    first, *others = ({"message": message, "first_row": row} for message, row in kind.examples.items())
    return {
        "field": where,
        "rule": rule,
        "rows": kind.rows,
        **first,
        "others": others,
        "rows_not_shown": kind.not_shown,
    }
