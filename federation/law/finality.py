"""When a judgment becomes final: after its appeal period, on the day it is made, or once it is approved (A5, R18, R23).

What is not known is read in the way that makes the judgment final soonest, so that a judgment is refused only where no
reading makes it final.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from federation.law.punishment import PenaltyKind
from federation.law.workdays import Workdays
from federation.values.case_number import SUPREME_COURT, CaseNumber

#: Days to appeal, counted from the day after receipt (刑事诉讼法 230), in private prosecutions too (227).
JUDGMENT_DAYS: Final = 10
RULING_DAYS: Final = 5


class Way(StrEnum):
    """How a judgment becomes final (刑事诉讼法 259)."""

    #: Nobody appealed in time (259(1)).
    APPEAL_PERIOD = "appeal_period"
    #: A last instance, from its pronouncement on (244, 259(2); 法释〔2004〕7号).
    WHEN_MADE = "when_made"
    #: Death, suspended death (259(3)), or a penalty below the least one (刑法 63(2)), once a higher court approves.
    APPROVAL = "approval"


class Level(IntEnum):
    """The level of a court; a number of before 2016 seldom tells it."""

    UNKNOWN = 0
    BASIC = 1
    INTERMEDIATE = 2
    HIGH = 3
    SUPREME = 4


#: The lowest court that need not have the penalty approved by another (刑法 48; 刑事诉讼法 246-248).
APPROVED_BY: Final = {PenaltyKind.DEATH: Level.SUPREME, PenaltyKind.DEATH_SUSPENDED: Level.HIGH}
_LEVEL_BY_DIGITS: Final = {0: Level.HIGH, 2: Level.INTERMEDIATE, 4: Level.BASIC}
_PROVINCES: Final = frozenset("京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔云藏陕甘青宁新军兵")


@dataclass(frozen=True, slots=True)
class JudgmentFacts:
    """What finality depends on; None and "" are unknown. `court` is its name, `approved` the day of an approval.

    `served` is the day on which the last of the defendants, the private prosecutor or the procuratorate received it.
    """

    number: CaseNumber | None = None
    court: str = ""
    ruling: bool = False
    penalty: PenaltyKind | None = None
    pronounced: date | None = None
    served: date | None = None
    approved: date | None = None


@dataclass(frozen=True, slots=True)
class Finality:
    """The first day on which a judgment can be final, and how; or which fact is missing to tell it.

    `unmoved` is the year whose holidays are not known, where the appeal period ends in one: its end was not moved.
    """

    way: Way
    day: date | None = None
    missing: str = ""
    unmoved: int = 0

    @property
    def note(self) -> str:
        """What whoever reads the day has to know about it, or ""."""
        if not self.unmoved:
            return ""
        return f"no holidays are known for {self.unmoved}, so the end of the period was not moved"


def finality_of(judgment: JudgmentFacts, calendar: Workdays, way: Way | None = None) -> Finality:
    """Return when the judgment is final at the earliest; `way` is how, where somebody states it.

    Where the service is unknown, the judgment may have been served when it was pronounced.
    """
    way = way or way_of(judgment)
    if way is Way.APPROVAL:
        return Finality(way, judgment.approved, "" if judgment.approved else "approved")
    if way is Way.WHEN_MADE:
        made = judgment.pronounced or judgment.served
        return Finality(way, made, "" if made else "pronounced")
    return _unappealed(judgment, calendar)


def approval_fault(judgment: JudgmentFacts, calendar: Workdays) -> str:
    """Return why the day of an approval cannot be right, or "".

    Nobody approves a first instance while it can be appealed: it is sent up after the period, and an appeal makes a
    judgment of its own (法释〔2021〕1号 414, 423, 424 [M]).
    """
    if judgment.approved is None:
        return ""
    if judgment.pronounced and judgment.approved < judgment.pronounced:
        return f"lies before the judgment of {judgment.pronounced}"
    if not _appealable(judgment.number, level_of(judgment)):
        return ""
    first = _unappealed(judgment, calendar).day
    if first is None or judgment.approved >= first:
        return ""
    return f"lies in the appeal period: a court approves from {first} on at the earliest, check the days"


def _unappealed(judgment: JudgmentFacts, calendar: Workdays) -> Finality:
    """Return when nobody can appeal any more."""
    way, served = Way.APPEAL_PERIOD, judgment.served or judgment.pronounced
    if served is None:
        return Finality(way, missing="served")
    last = served + timedelta(days=RULING_DAYS if judgment.ruling else JUDGMENT_DAYS)
    known = calendar.knows(last)
    ends = calendar.end_of_period(last)
    return Finality(way, ends + timedelta(days=1), unmoved=0 if known else last.year)


def way_of(judgment: JudgmentFacts) -> Way:
    """Return how the judgment becomes final."""
    level = level_of(judgment)
    approver = APPROVED_BY.get(judgment.penalty) if judgment.penalty else None
    if judgment.approved or (approver is not None and level < approver):
        return Way.APPROVAL
    return Way.APPEAL_PERIOD if _appealable(judgment.number, level) else Way.WHEN_MADE


def level_of(judgment: JudgmentFacts) -> Level:
    """Return the level of the court, by the code in its number, else by its name, else by its short name.

    高 stands for a high court in a short name, but 高新 is the basic court of a high-technology zone.
    """
    number = judgment.number
    if judgment.court == SUPREME_COURT:
        return Level.SUPREME
    if number and (level := level_of_number(number)):
        return level
    if "高级" in judgment.court:
        return Level.HIGH
    if "中级" in judgment.court:
        return Level.INTERMEDIATE
    if judgment.court.endswith(("人民法院", "铁路运输法院")):
        return Level.BASIC
    if number and (number.court in _PROVINCES or re.search("高(?!新)", number.court)):
        return Level.HIGH
    return Level.UNKNOWN


def level_of_number(number: CaseNumber) -> Level:
    """Return the level that the court code in a number tells; an old number tells the Supreme People's Court alone."""
    if number.court in ("最高法", SUPREME_COURT):
        return Level.SUPREME
    if number.style == "old":
        return Level.UNKNOWN
    return _LEVEL_BY_DIGITS[sum(c.isdigit() for c in number.court)]


def _appealable(number: CaseNumber | None, level: Level) -> bool:
    """Say whether it is certainly open to appeal: a first instance, or a retrial as one (刑事诉讼法 256).

    A basic court hears no second instance, so whatever it decides on retrial is a first one.
    """
    if number is None or level is Level.SUPREME:
        return False
    if number.kind.endswith("初"):
        return True
    return "再" in number.kind and not number.kind.endswith("终") and level is Level.BASIC
