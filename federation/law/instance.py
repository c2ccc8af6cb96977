"""Which court can have given a judgment: the kind and instance that its number tells, and the court's level (R17).

The level is the one that the court code in a number of since 2016 tells; an older number and a court's name may be
abbreviated or renamed, and exclude nothing.
"""

from __future__ import annotations

from typing import Final

from federation.law.finality import Level, level_of_number
from federation.law.punishment import LIFE_OR_DEATH, PenaltyKind
from federation.values.case_number import CaseNumber

#: What is decided under numbers whose type goes on so after 刑, and where; none of it convicts anybody. The types are
#: those of 法〔2015〕137号 (人民法院案件类型及其代字标准).
_NO_JUDGMENT: Final = {
    "辖": "which court has jurisdiction (刑诉法 27)",
    "没": "confiscation without a conviction (刑诉法 298-300)",
    "医": "compulsory medical treatment (刑诉法 302-307)",
    "监": "whether to retry a case (刑诉法 254)",
    "申": "whether to retry a case (刑诉法 253)",
    "抗": "whether to retry a case (刑诉法 254)",
    "止": "whether an execution stops (刑诉法 262)",
}
#: Types that meant the same before 2016; courts then used the others for judgments on retrial and on protest as well.
_ALWAYS: Final = frozenset("辖没医")


def impossible_number(number: CaseNumber) -> str:
    """Return why no judgment about an offender can have this number, and what to do; "" where one can."""
    kind = number.kind[1:2]
    if kind in _NO_JUDGMENT and (number.style == "new" or kind in _ALWAYS):
        return (
            f"is a number of {number.kind}, under which a court decides {_NO_JUDGMENT[kind]} and convicts nobody: "
            "give the number of the judgment itself (刑初, 刑终, 刑再, ...)"
        )
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
