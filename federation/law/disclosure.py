"""Disclosure of one record under a purpose (Q1-Q6 of docs/law.md), decided by the Cedar policies of `policy/`.

If no policy matches, nothing is shown; any error of evaluation denies; every ruling names the policies that led to
it. A ruling about a record is for internal use and for auditors: a refusal because of a *sealed* record would reveal
that record to the asker. Askers only learn the result of `admit`, which never looks at a record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import cedarpy

from federation.errors import NotPermitted, PolicyReason
from federation.law import bases, policies
from federation.law.bases import Basis
from federation.law.bases.row import SEALED_BY
from federation.law.policy_request import basis_of, entities, record_id
from federation.law.sealing import Profile
from federation.law.sealing_related import wholly_sealed
from federation.values.identity import OrganClass
from federation.values.terms import Purpose, RecordClass, SealRule

Shown = Literal["full", "extract", "listed", "yes_no", "none"]

PURPOSES: Final[Mapping[Purpose, Shown | None]] = {
    Purpose.CASE: "full",
    Purpose.PUBLIC: None,
    Purpose.DEFENCE: "full",
    Purpose.SEALED_CASE: "full",
    Purpose.SEALED_PROVISION: None,
    Purpose.OWN: "yes_no",
}
"""Each purpose with what it shows at most; None: what the row of the catalogue says."""

SEALED_PURPOSES: Final = frozenset({Purpose.SEALED_CASE, Purpose.SEALED_PROVISION})
BASIS_PURPOSES: Final = frozenset({Purpose.PUBLIC, Purpose.SEALED_PROVISION})

DEFAULT_DENY: Final = PolicyReason(
    "default-deny",
    "Opinions I.2 (R4), closed unless opened",
    "no permit matched: nothing allows this to be shown",
    "name the purpose and the provision that allow it, or let an organ that they admit ask",
)
EVALUATION_ERROR: Final = PolicyReason(
    "evaluation-error",
    "any error denies",
    "a policy could not be evaluated, so nothing is shown",
    "tell the operator of this installation; ask again when it is mended",
)
_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class Asker:
    """The one whom the answer is for: the beneficiary when the question is asked on behalf of someone."""

    organ_class: OrganClass


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of the question. An absent fact is empty or false.

    `case_number` is any docket reference, not parsed. `function` is the function in which an organ of justice
    administration asks: without an execution function it opens no seal for a case (A9). `on` is the
    day of the question: a provision that is not in force then is no basis. `opened` are the sealing rules whose
    seals the charter opens to the provision (A10). A question without a provision asks for records of `record_class`.
    `violation_certificates` is the federation's reading of 治安管理处罚法 136: whether a person may ask for a
    certificate of no violations.
    """

    case_number: str = ""
    subject_of_case: bool = False
    basis: str = ""
    undertaking: bool = False
    function: str = ""
    profile: str = Profile.PRACTICE_2022
    on: date | None = None
    opened: frozenset[SealRule] = frozenset()
    record_class: RecordClass = RecordClass.CRIMINAL
    violation_certificates: bool = False


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """The only facts of a record that a policy may use; `sealed` includes WITHHELD."""

    record_class: str
    sealed: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """The classes of record that a question searches, in the order of `RecordClass` (R64).

    `unsealed` are the classes whose open records are searched. `sealed` are those whose sealed records are searched
    too, if every rule that seals the record is among `opened`. `closed` are those that the provision covers and in
    which nothing can be found under this purpose, because every record of the class is sealed on that day.
    """

    unsealed: tuple[RecordClass, ...] = (RecordClass.CRIMINAL,)
    sealed: tuple[RecordClass, ...] = ()
    opened: frozenset[SealRule] = frozenset()
    closed: tuple[RecordClass, ...] = ()

    @property
    def classes(self) -> tuple[RecordClass, ...]:
        """All classes searched, whoever the person is."""
        return tuple(name for name in RecordClass if name in self.unsealed or name in self.sealed)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a record contributes to the answer, how much of it, and by which policies."""

    permitted: bool
    shown: Shown
    policies: tuple[PolicyReason, ...]


class Disclosure:
    """The disclosure rules of one installation, parsed once, with rulings cached; safe to share between threads."""

    def __init__(
        self,
        *,
        policies_dir: Path = policies.DEFAULT,
        catalogue: Mapping[str, Basis] | Path = bases.DEFAULT,
        extra_forbid_dir: Path | None = None,
    ) -> None:
        """Read the policies, and the catalogue unless it is given.

        Raises `policies.PolicyRefused` naming file and policy, and `ValueError` naming the row.
        """
        self._catalogue = bases.load_bases(catalogue) if isinstance(catalogue, Path) else dict(catalogue)
        self._policies = policies.load_policies(policies_dir, extra_forbid_dir)
        self._entities = cedarpy.Entities.from_json_str(json.dumps(entities()))
        self._remembered = lru_cache(_REMEMBERED)(self._evaluate)

    @property
    def catalogue(self) -> Mapping[str, Basis]:
        """The rows that a question may name."""
        return self._catalogue

    def decide(self, asker: Asker, purpose: str, context: Context, record: RecordFacts) -> Ruling:
        """Return what `record` contributes; raises `ValueError` for an unknown purpose or class."""
        try:
            asked, record_class = Purpose(purpose), RecordClass(record.record_class)
        except ValueError:
            raise ValueError(
                f"no such purpose or record class: {purpose!r}, {record.record_class!r}"
            ) from None
        return self._remembered(
            OrganClass(asker.organ_class),
            asked,
            bool(context.case_number.strip()),
            context.subject_of_case,
            context.undertaking,
            context.function,
            Profile(context.profile),
            context.violation_certificates,
            context.basis if self._stands(context) else "",
            context.opened,
            record_class,
            record.sealed,
        )

    def ruling(
        self,
        asker: Asker,
        purpose: str,
        context: Context,
        record: RecordFacts,
        *,
        sealed_by: frozenset[SealRule],
    ) -> Ruling:
        """Return the ruling of `decide` on a record that all these rules seal: each of them must be opened (A10)."""
        found = self.decide(asker, purpose, context, record)
        if not found.permitted:
            return found
        for rule in sorted(sealed_by - self.reach(asker, purpose, context).opened):
            refused = self.decide(asker, purpose, context, RecordFacts(SEALED_BY[rule], sealed=True))
            return Ruling(False, "none", () if refused.permitted else refused.policies)
        return found

    def admit(
        self, asker: Asker, purpose: str, context: Context, *, record_class: str = RecordClass.CRIMINAL
    ) -> Ruling:
        """Return the most that this question may be shown, before any look-up and independent of stored records.

        It is the ruling about a record of `record_class` of the kind that the purpose asks for: an open one, or a
        sealed one for the sealed purposes. Raises `NotPermitted` with the policies when that is refused, and
        with the reason BASIS_NOT_IN_FORCE or BASIS_NOT_ASKABLE when the provision named cannot be used that day.
        """
        row = self._catalogue.get(context.basis)
        if purpose in BASIS_PURPOSES and row is not None:
            bases.require_usable(row, context.on)
        record = RecordFacts(record_class, sealed=purpose in SEALED_PURPOSES)
        ruling = self.decide(asker, purpose, context, record)
        if not ruling.permitted:
            raise NotPermitted("; ".join(p.says for p in ruling.policies), ruling.policies)
        return ruling

    def reach(self, asker: Asker, purpose: str, context: Context) -> Reach:
        """Return which classes the question searches: those that its provision covers and the policies permit.

        Without a provision it searches the one class that it names: no other purpose has a rule that covers two (R64).
        A class of which every record is sealed on the day is searched only where that seal is opened.
        """
        row = self._catalogue.get(context.basis) if purpose in BASIS_PURPOSES else None
        covered = row.includes_classes if row is not None else frozenset({context.record_class})
        classes = [name for name in RecordClass if name in covered]

        def permitted(name: RecordClass, sealed: bool) -> bool:
            return self.decide(asker, purpose, context, RecordFacts(name, sealed)).permitted

        opened = frozenset[SealRule]()
        if purpose == Purpose.SEALED_CASE:
            # Each rule opens to those who may be shown a sealed record of its class: so a minor's public-order record,
            # which S2 and S3 seal, opens to a judicial organ and not to every state organ (A10).
            opened = frozenset(rule for rule, name in SEALED_BY.items() if permitted(name, sealed=True))
        if purpose == Purpose.SEALED_PROVISION and row is not None:
            opened = row.opens_seal | context.opened
        on = context.on
        whole = {name for name in classes if on is not None and wholly_sealed(name, on)}
        sealed = tuple(name for name in classes if permitted(name, sealed=True))
        covered_open = tuple(name for name in classes if permitted(name, sealed=False))
        return Reach(
            unsealed=tuple(name for name in covered_open if name not in whole),
            sealed=sealed,
            opened=opened,
            closed=tuple(name for name in covered_open if name in whole and name not in sealed),
        )

    def admit_question(self, asker: Asker, purpose: str, context: Context) -> tuple[Ruling, Reach]:
        """Return the ruling of `admit` and the question's reach; raises `NotPermitted` as `admit` does.

        If the provision opens the seal of one class only, `admit` rules on a record of that class (A10).
        """
        reach = self.reach(asker, purpose, context)
        door = reach.sealed if purpose in SEALED_PURPOSES else reach.unsealed
        asked = context.record_class
        return self.admit(asker, purpose, context, record_class=next(iter(door), asked)), reach

    def _stands(self, context: Context) -> bool:
        row = self._catalogue.get(context.basis)
        return row is not None and row.usable(context.on)

    def _evaluate(
        self,
        asker: OrganClass,
        purpose: Purpose,
        case_number: bool,
        subject_of_case: bool,
        undertaking: bool,
        function: str,
        profile: str,
        violation_certificates: bool,
        basis: str,
        opened: frozenset[SealRule],
        record_class: RecordClass,
        sealed: bool,
    ) -> Ruling:
        row = self._catalogue.get(basis)
        request = {
            "principal": {"type": "Asker", "id": str(asker)},
            "action": {"type": "Action", "id": str(purpose)},
            "resource": {"type": "Record", "id": record_id(record_class, sealed)},
            "context": {
                "case_number": case_number,
                "subject_of_case": subject_of_case,
                "undertaking": undertaking,
                "function": function,
                "profile": str(profile),
                "violation_certificates": violation_certificates,
                "basis": basis_of(row, opened),
            },
        }
        result = cedarpy.is_authorized(request, self._policies.parsed, self._entities)
        made_by = tuple(self._policies.reasons[id] for id in sorted(result.diagnostics.reasons))
        if result.diagnostics.errors:
            return Ruling(False, "none", (EVALUATION_ERROR,))
        if not result.allowed:
            return Ruling(False, "none", made_by or (DEFAULT_DENY,))
        shown: Any = PURPOSES[purpose] or (_shown(row, purpose) if row else "none")
        return Ruling(True, shown, made_by)


def _shown(row: Basis, purpose: Purpose) -> str:
    """Return what the row shows at most: to a unit that may open a seal as much as its purpose needs."""
    return (row.shown_sealed if purpose is Purpose.SEALED_PROVISION else "") or row.shown
