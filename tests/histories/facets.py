"""What a history is made of: one agency's word on one judgment about a person, drawn at random and made a record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Literal

from hypothesis import strategies as st

from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from tests.histories.oracle import Facts, Offence, Penalty
from tests.support.federation import AGENCIES
from tests.support.records import HELD_ELSEWHERE, Someone, record, without

_serial = count(700_000)
#: Born on an ordinary day, and on one that the year of the 18th birthday does not have.
BIRTHS = (date(2002, 3, 4), date(2000, 2, 29))
_PRONOUNCED = ("2021-06-03", "2021-07-08")
_FINAL = ("2021-06-16", "2021-07-21")
_NUMBERS = ("（2021）京0105刑初{}号", "（2021）京0106刑初{}号")
_OFFENCES = ("盗窃罪", "抢劫罪")
_KINDS = {
    "fixed_term": pb.PENALTY_KIND_FIXED_TERM,
    "exempt": pb.PENALTY_KIND_EXEMPT,
    "supplementary_only": pb.PENALTY_KIND_SUPPLEMENTARY_ONLY,
    "control": pb.PENALTY_KIND_CONTROL,
    "life": pb.PENALTY_KIND_LIFE,
}
_PENALTIES = (
    Penalty("fixed_term", 36),
    Penalty("fixed_term", 60),
    Penalty("fixed_term", 60, 1),
    Penalty("fixed_term", 120),
    Penalty("exempt"),
    Penalty("supplementary_only"),
    Penalty("control", 12),
    Penalty("life"),
)
#: Days from the 18th birthday (28 February for who was born on the 29th).
_OFFSETS = (-400, -1, 0, 1, 2, 400)


@dataclass(frozen=True)
class Person:
    """Whom a history is about; the name is as long as that of every other person of these tests."""

    born: date
    serial: int
    name: str

    @property
    def someone(self) -> Someone:
        """Return the person as the other tests know one."""
        return Someone(self.name, self.born, self.serial)

    def subject(self, form: str) -> query_pb2.Subject:
        """Return the person as a question names one: by "both", by "number" or by "name" with the birth date."""
        subject = self.someone.subject()
        if form == "number":
            subject.name = subject.birth_date = ""
        if form == "name":
            subject.ClearField("identifiers")
        return subject


def person(born: date) -> Person:
    """Return somebody who is in no store yet."""
    serial = next(_serial)
    name = "王" + chr(0x4E00 + serial % 5000) + chr(0x4E00 + serial // 5000 % 5000)
    return Person(born, serial, name)


@dataclass(frozen=True)
class Stated:
    """One agency's word on one judgment."""

    judgment: int
    facts: Facts
    numbered: bool = True
    dated: bool = True
    number: Literal["verified", "declared", "none"] = "verified"
    #: The birth date inside the verified number.
    proven: str = ""

    @property
    def known(self) -> Facts:
        """What the record says, with the birth date of its verified number in the place of a less precise one."""
        return replace(self.facts, birth=self.proven or self.facts.birth)

    @property
    def births(self) -> frozenset[str]:
        """The birth dates, whole or in part, under which its name is found."""
        return frozenset({self.facts.birth, self.proven} - {""})

    def record(self, about: Person, agency: str, docket: int) -> pb.Record:
        """Return it as the agency's window would enter it."""
        made = record(about.someone, agency, number=_NUMBERS[self.judgment].format(docket))
        made.pronounced_on = made.served_on = made.instrument.issued_on = _PRONOUNCED[self.judgment]
        made.final_on = _FINAL[self.judgment]
        del made.offences[:]
        unsaid = []
        for index, offence in enumerate(self.facts.offences):
            written = made.offences.add(name=_OFFENCES[index], intent=pb.INTENT_INTENTIONAL)
            for field, day in (("conduct_from", offence.first), ("conduct_to", offence.last)):
                if day is None:
                    made.unknowns.add(field=f"offences[{index}].{field}", reason=HELD_ELSEWHERE)
                else:
                    setattr(written, field, day.isoformat())
        if agency == "justice":
            unsaid.append("execution")
        self._penalty(made, unsaid)
        self._person(made, unsaid)
        if not self.numbered:
            made.instrument.reference = "登记表"
            unsaid.append("judgment_number")
        if not self.dated:
            unsaid.append("final_on")
        made.main_acts_before_18 = {"yes": pb.MAIN_ACTS_YES, "no": pb.MAIN_ACTS_NO}.get(
            self.facts.main_acts, pb.MAIN_ACTS_UNSPECIFIED
        )
        made.court_age_finding = {
            "under": pb.COURT_AGE_FINDING_UNDER_18,
            "adult": pb.COURT_AGE_FINDING_ADULT,
        }.get(self.facts.finding, pb.COURT_AGE_FINDING_UNSPECIFIED)
        made.adulthood_proven = self.facts.adulthood
        return without(made, unsaid, HELD_ELSEWHERE)

    def _penalty(self, made: pb.Record, unsaid: list[str]) -> None:
        penalty = self.facts.penalty
        if penalty is None:
            unsaid.append("combined_penalty")
            return
        made.combined_penalty.CopyFrom(
            pb.Penalty(kind=_KINDS[penalty.kind], months=penalty.months, days=penalty.days)
        )
        if penalty.kind == "exempt":
            made.verdict = pb.VERDICT_GUILTY_EXEMPT
        if penalty.kind == "supplementary_only":
            made.supplementary_penalties.add(kind=pb.SUPPLEMENTARY_KIND_FINE, amount_yuan=2000)

    def _person(self, made: pb.Record, unsaid: list[str]) -> None:
        if self.facts.birth:
            made.person.birth_date = self.facts.birth
        else:
            unsaid.append("person.birth_date")
        if self.number == "none":
            unsaid.append("person.identifiers")
            if not self.facts.birth:
                made.person.names[0].kind = pb.NAME_KIND_DECLARED  # 自报姓名: all that is known
        elif self.number == "declared":
            made.person.identifiers[0].verification = pb.VERIFICATION_DECLARED


def _conduct(born: date, offset: int) -> date:
    last_under = born.replace(year=born.year + 18, day=min(born.day, 28))
    return last_under + timedelta(days=offset)


@st.composite
def offences(draw: st.DrawFn, born: date) -> tuple[Offence, ...]:
    """Draw one or two offences, around the birthday, with days that nobody stated now and then."""
    found = []
    for _ in range(draw(st.sampled_from((1, 1, 1, 2)))):
        first, last = sorted((draw(st.sampled_from(_OFFSETS)), draw(st.sampled_from(_OFFSETS))))
        unsaid = draw(st.sampled_from(("", "", "", "", "first", "last", "both")))
        found.append(
            Offence(
                None if unsaid in ("first", "both") else _conduct(born, first),
                None if unsaid in ("last", "both") else _conduct(born, last),
            )
        )
    return tuple(found)


@st.composite
def stated(draw: st.DrawFn, born: date, judgment: int | None = None) -> Stated:
    """Draw what one agency says about a person born on `born`, true or not."""
    number: Literal["verified", "declared", "none"] = draw(
        st.sampled_from(("verified", "verified", "declared", "none"))
    )
    whole = born.isoformat()
    births = [whole, whole, whole, whole[:7], whole[:4], ""]
    if number != "verified":  # a verified number contradicts every other birth date
        births += [born.replace(year=born.year - 4).isoformat(), (born + timedelta(days=1)).isoformat()]
    facts = Facts(
        birth=draw(st.sampled_from(births)),
        offences=draw(offences(born)),
        penalty=draw(st.sampled_from((*_PENALTIES[:2], *_PENALTIES, None))),
        main_acts=draw(st.sampled_from(("", "", "yes", "no"))),
        finding=draw(st.sampled_from(("", "", "", "", "under", "adult"))),
        adulthood=draw(st.sampled_from((False, False, False, True))),
    )
    return Stated(
        judgment=draw(st.sampled_from((0, 0, 1))) if judgment is None else judgment,
        facts=facts,
        numbered=draw(st.sampled_from((True, True, True, False))),
        dated=draw(st.sampled_from((True, True, True, False))),
        number=number,
        proven=whole if number == "verified" else "",
    )


AGENCY = st.sampled_from(tuple(AGENCIES))
