"""The catalogue of statutory bases for public questions: which law makes which records relevant, and to whom.

Every public question names one row (R36) and is answered only as far as that row goes (R37).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from federation.identity import OrganClass

DEFAULT: Final = Path(__file__).parent / "data" / "bases.toml"
RECORD_CLASSES: Final = ("criminal", "public_order", "non_prosecution", "reeducation", "working")
SEALED_BY: Final = {"S1": "criminal", "S2": "non_prosecution", "S3": "public_order"}
"""The record class that each sealing rule of law.md section 4 seals."""

_WORD = re.compile(
    "any_punishment|intentional|deprived_of_political_rights|currently_serving|occupation_ban_running"
    "|(?:negligent_in|min_principal_penalty|offence_in|within)\\([^()]+\\)"
)
_NEVER = frozenset({"reeducation", "working"})


@dataclass(frozen=True, slots=True)
class Basis:
    """One row; the comment at the head of bases.toml says what each field means."""

    id: str
    law: str
    article: str
    version: str
    purpose: str
    summary: str
    askers: frozenset[str]
    includes_classes: frozenset[str]
    shown: str
    opens_seal: frozenset[str]
    predicate: tuple[tuple[str, ...], ...]
    checked: str
    opened_by: tuple[str, ...] = ()
    opened_because: str = ""

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise ValueError(f"basis {self.id}: {problem}")

    @property
    def opens_classes(self) -> frozenset[str]:
        """The record classes whose seal the row opens."""
        return frozenset(SEALED_BY[rule] for rule in self.opens_seal)

    def _problem(self) -> str:
        classes = frozenset(RECORD_CLASSES) - _NEVER
        if not self.askers or not self.askers <= frozenset(OrganClass):
            return "askers must be classes of asker"
        if not self.includes_classes or not self.includes_classes <= classes:
            return f"includes_classes must be among {sorted(classes)}"
        if self.shown not in ("yes_no", "listed"):
            return "shown must be yes_no or listed"
        if not self.opens_seal <= SEALED_BY.keys():
            return f"opens_seal must be among {sorted(SEALED_BY)}"
        if self.opens_seal and (len(set(self.opened_by)) < 2 or not self.opened_because.strip()):
            return "a row opens a seal only when two named officers set it (opened_by) with a reason (A10)"
        words = [word for alternative in self.predicate for word in alternative]
        if not words or not all(_WORD.fullmatch(word) for word in words):
            return "predicate must be lists of known words"
        return ""


def load_bases(path: Path = DEFAULT) -> Mapping[str, Basis]:
    """Return the rows of a catalogue file by id; raises `ValueError` naming the row that does not hold."""
    return {id: _basis(id, row) for id, row in tomllib.loads(path.read_text("utf-8")).items()}


def _basis(id: str, row: Mapping[str, Any]) -> Basis:
    try:
        return Basis(
            id=id,
            **{
                **row,
                "askers": frozenset(row["askers"]),
                "includes_classes": frozenset(row["includes_classes"]),
                "opens_seal": frozenset(row["opens_seal"]),
                "predicate": tuple(tuple(words) for words in row["predicate"]),
                "opened_by": tuple(row.get("opened_by", ())),
            },
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"basis {id}: {error}") from None
