"""One row of the catalogue of statutory bases: which law makes which records relevant, and to whom.

data/bases/README.md explains the fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from federation.errors import NotPermitted, PolicyReason
from federation.law.predicate import Predicate
from federation.values.identity import OrganClass
from federation.values.officers import officer_key
from federation.values.terms import NEVER_ASKED, RecordClass, SealRule

RECORD_CLASSES: Final = tuple(RecordClass)
SEALED_BY: Final[Mapping[SealRule, RecordClass]] = {
    SealRule.S1: RecordClass.CRIMINAL,
    SealRule.S2: RecordClass.NON_PROSECUTION,
    SealRule.S3: RecordClass.PUBLIC_ORDER,
}
"""The record class that each sealing rule S1-S3 of docs/law.md seals."""
PURPOSES: Final = ("employment", "qualification", "enlistment", "schooling", "other")
RANKS: Final = ("law", "administrative_regulation", "department_rule")
"""A public question needs a law or an administrative regulation of the State Council (法律法规, R36)."""

_YEAR = re.compile(r"(19|20)\d\d", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One row of the catalogue."""

    id: str
    law: str
    purpose: str
    summary: str
    askers: frozenset[str]
    checked: str
    predicate: Predicate
    article: str = ""
    version: str = ""
    rank: str = "law"
    wording: str = ""
    period: str = ""
    who: str = ""
    includes_classes: frozenset[RecordClass] = frozenset({RecordClass.CRIMINAL})
    beside: Mapping[RecordClass, Predicate] = field(default_factory=dict, hash=False)
    """The predicates for records of the other classes that the row covers (R64)."""
    shown: str = "yes_no"
    shown_sealed: str = ""
    """What a unit is shown at most under `sealed_provision`, if more than `shown` (2022 Measures art. 16)."""
    opens_seal: frozenset[SealRule] = frozenset()
    opened_by: tuple[str, ...] = ()
    opened_because: str = ""
    same_as: str = ""
    under: str = ""
    askable: bool = True
    relation: str = ""
    """What the person must be to the asker, where only one relation will do."""
    beyond: str = ""
    note: str = ""
    checked_on: date | None = None
    in_force_from: date | None = None
    in_force_to: date | None = None
    above: Basis | None = field(default=None, repr=False)
    """The row named in `under`, found when a whole catalogue is read."""

    def __post_init__(self) -> None:
        problem = next(self._problems(), "")
        if problem:
            raise ValueError(f"basis {self.id}: {problem}")

    @property
    def citation(self) -> str:
        """The usual citation of the provision, with the year of its version."""
        return " ".join(filter(None, (self.law, self.article, f"({self.version})" if self.version else "")))

    @property
    def opens_classes(self) -> frozenset[RecordClass]:
        """The record classes whose seal the row opens."""
        return frozenset(SEALED_BY[rule] for rule in self.opens_seal)

    def usable(self, on: date | None) -> bool:
        """Say whether a question may rest on the row on that day; None leaves the day unchecked."""
        return self.askable and (on is None or self.in_force(on))

    def in_force(self, on: date) -> bool:
        """Say whether this version, and the row above it, is in force on that day; first and last day are included."""
        begun = self.in_force_from is None or self.in_force_from <= on
        ended = self.in_force_to is not None and self.in_force_to < on
        return begun and not ended and (self.above is None or self.above.in_force(on))

    def _problems(self) -> Iterator[str]:
        for name in ("law", "summary", "checked"):
            if not getattr(self, name).strip():
                yield f"{name} is empty"
        yield from self._predicate_faults()
        classes = frozenset(RECORD_CLASSES) - NEVER_ASKED
        if not self.includes_classes or not self.includes_classes <= classes:
            yield f"includes_classes must be among {sorted(map(str, classes))}"
        beyond = self.beside.keys() - (self.includes_classes - {RecordClass.CRIMINAL})
        if beyond:
            yield f"beside speaks of {min(beyond)}, which the row does not cover"
        if not self.opens_seal <= SEALED_BY.keys():
            yield f"opens_seal must be among {sorted(map(str, SEALED_BY))}"
        officers = {officer_key(officer) for officer in self.opened_by}
        if self.opens_seal and (len(officers) < 2 or not self.opened_because.strip()):
            yield "a row opens a seal only when two named officers set it (opened_by) with a reason (A10)"
        if self.rank == "department_rule":
            if self.askable and not self.under:
                yield "a department rule supports no question alone: name the row above in `under` (R36)"
        elif not self.article or not _YEAR.fullmatch(self.version):
            yield "article and version, the year of the text that was read, must be given"
        if not self.predicate:
            yield "predicate must be lists of words, one at least"
        if not self.askable and not self.note:
            yield "a row that supports no question says why in `note`"
        if self.in_force_from and self.in_force_to and self.in_force_to < self.in_force_from:
            yield "in_force_to lies before in_force_from"

    def _predicate_faults(self) -> Iterator[str]:
        unknown = self.askers - frozenset(OrganClass)
        if unknown or not self.askers:
            yield f"askers must be classes of asker, not {', '.join(sorted(unknown)) or 'nobody'}"
        if OrganClass.PERSON in self.askers:
            yield "askers must be units and organs: a private person asks for the own record alone (R36)"
        if self.shown not in ("yes_no", "listed"):
            yield f"shown must be yes_no or listed, not {self.shown!r}"
        if self.shown_sealed not in ("", "yes_no", "listed", "extract"):
            yield f"shown_sealed must be yes_no, listed or extract, not {self.shown_sealed!r}"
        if self.relation not in ("", "notarisation"):
            yield f"relation must be notarisation or left out, not {self.relation!r}"
        if self.rank not in RANKS:
            yield f"rank must be one of {', '.join(RANKS)}, not {self.rank!r}"
        if not self.purpose or not frozenset(self.purpose.split("/")) <= frozenset(PURPOSES):
            yield f"purpose must be among {', '.join(PURPOSES)}, not {self.purpose!r}"


def require_usable(basis: Basis, on: date | None) -> None:
    """Raise `NotPermitted` when no question may rest on the row on that day, whoever asks (R36).

    The reason is BASIS_NOT_ASKABLE or BASIS_NOT_IN_FORCE.
    """
    law = basis.citation
    if not basis.askable:
        raise _unusable("basis-not-askable", f"{law}: {basis.note}", reason="BASIS_NOT_ASKABLE")
    if on is not None and not basis.in_force(on):
        span = f"from {basis.in_force_from or 'the beginning'} to {basis.in_force_to or 'now'}"
        says = f"{law} is not in force on {on}: the version in the catalogue is in force {span}"
        raise _unusable("basis-not-in-force", says, reason="BASIS_NOT_IN_FORCE")


def _unusable(policy: str, says: str, *, reason: str) -> NotPermitted:
    remedy = "name a provision that supports questions and is in force: `hutong explain bases` lists them"
    refused = NotPermitted(says, [PolicyReason(policy, "Opinions II(3).2 (R36)", says, remedy)])
    refused.reason = reason
    return refused
