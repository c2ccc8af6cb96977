"""Which court can have given a decision: the instance that its number tells against the level of the court (R17).

The level is the one that the court code in a number of since 2016 tells; an older number and a court's name may be
abbreviated or renamed, and exclude nothing.
"""

from __future__ import annotations

from federation.law.finality import Level, level_of_number
from federation.law.punishment import LIFE_OR_DEATH, PenaltyKind
from federation.values.case_number import CaseNumber


def impossible_number(number: CaseNumber) -> str:
    """Return why no court can have given a decision of this number, and what to do; "" where one can."""
    if level_of_number(number) is not Level.BASIC:
        return ""
    if number.kind.endswith("终"):
        does = "hears no second instance (刑诉法 227)"
    elif number.kind.endswith(("核", "复")):
        does = "reviews and approves no penalty (刑诉法 246-248, 刑法 63)"
    else:
        return ""
    return (
        f"{number.court} is the code of a basic court, which {does}: "
        f"check court code and type ({number.kind}) against the judgment"
    )


def impossible_penalty(number: CaseNumber, penalty: PenaltyKind | None) -> str:
    """Return why the court of this number cannot have imposed the penalty, and what to do; "" where it can."""
    if penalty not in LIFE_OR_DEATH or level_of_number(number) is not Level.BASIC:
        return ""
    return (
        f"{number.court} is the code of a basic court, and life imprisonment and death are tried "
        "by an intermediate court or a higher one (刑诉法 21): check penalty and court code against the judgment"
    )
