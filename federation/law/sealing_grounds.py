"""Grounds for the result of an age or penalty test of sealing: rule, clause and a sentence for people.

A mark shows how far the source was checked: [V], [V-L] against a text; [P] is a reading of this project.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResultGround:
    """The ground for one result of one of the two tests; `reason` is part of a longer sentence."""

    rule: str
    clause: str
    reason: str


def on_age(rule: str) -> bool:
    """Say whether a rule's id is that of a result of the test of age, by whichever sealing rule."""
    return "-AGE-" in rule


_R40 = "Opinions II(4).1 (R40)"
_A11 = f"{_R40}; 法释〔2006〕1号 art. 2 [V-L] (A11)"
_A12 = "2022 Measures art. 4(2) [V] (A12)"

FINDING_UNDER = ResultGround(
    "S1-AGE-COURT-UNDER-18", f"{_R40}; A11 [P]", "the court found the offender under eighteen"
)
FINDING_ADULT = ResultGround(
    "S1-AGE-COURT-ADULT", f"{_R40}; A11 [P]", "the court found the offender to be an adult"
)
PROVEN_ADULT = ResultGround(
    "S1-AGE-ADULT-PROVEN",
    f"{_R40}; 法释〔2006〕1号 art. 4(2) [V-L] (A11)",
    "adulthood is proven though the birth date is not",
)
UNDER = ResultGround("S1-AGE-UNDER-18", _A11, "all conduct ended on or before the 18th birthday")
ADULT = ResultGround("S1-AGE-ADULT", _A11, "all conduct began after the 18th birthday")
MAIN_BEFORE = ResultGround(
    "S1-AGE-MAIN-ACTS-BEFORE",
    f"{_R40}; {_A12}",
    "the main acts were before the 18th birthday, so the case is sealed as a whole",
)
MAIN_AFTER = ResultGround(
    "S1-AGE-MAIN-ACTS-AFTER",
    f"{_R40}; {_A12}",
    "the conduct went on past the 18th birthday and its main acts were not before it",
)
BIRTH_UNKNOWN = ResultGround(
    "S1-AGE-BIRTH-UNKNOWN", f"{_R40}; A11 [P]", "the birth date is unknown, so the doubt favours the person"
)
BIRTHDAY_UNCERTAIN = ResultGround(
    "S1-AGE-BIRTHDAY-UNCERTAIN",
    f"{_R40}; A11 [P]",
    "the conduct falls where the 18th birthday is contested or the birth date is not precise enough",
)
CONDUCT_UNKNOWN = ResultGround(
    "S1-AGE-CONDUCT-UNKNOWN",
    f"{_R40}; A11 [P]",
    "the dates of conduct do not settle on which side of the 18th birthday it was",
)
SPAN_SILENT = ResultGround(
    "S1-AGE-SPAN-SILENT",
    f"{_R40}; A12 [P]",
    "the conduct lies on both sides of the 18th birthday, on which the 2012 text is silent",
)
SPAN_UNDETERMINED = ResultGround(
    "S1-AGE-MAIN-ACTS-UNDETERMINED",
    f"{_R40}; {_A12}",
    "the conduct lies on both sides of the 18th birthday and the main acts are not determined",
)
SPAN_MIXED = ResultGround(
    "S1-AGE-MAIN-ACTS-MIXED",
    f"{_R40}; {_A12}, A12 [P]",
    "several offences lie on both sides of the 18th birthday with the main acts after it: "
    "those before it are withheld, those after it are not",
)
LIGHT = ResultGround("S1-PENALTY-WITHIN", "CL art. 99 [V-L] (A7)", "the penalty is five years or lighter")
EXEMPT = ResultGround(
    "S1-PENALTY-EXEMPT",
    "SPC Interpretation 2021 art. 581 [V-L]; 2022 Measures art. 4(1) [V] (A7)",
    "exemption from punishment counts as lighter than five years",
)
HEAVY = ResultGround("S1-PENALTY-OVER", _R40, "the combined penalty ordered is heavier than five years")
PENALTY_UNKNOWN = ResultGround("S1-PENALTY-UNKNOWN", _R40, "the combined penalty ordered is unknown")
