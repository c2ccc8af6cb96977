"""Valid synthetic records to enter: open, sealed and withheld ones, as each agency would hold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from google.protobuf.message import Message

from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.identifiers import check_character
from federation.values.names import name_key

#: Nobody else in a test run is born with these numbers: tests may share one federation.
_serial = count(1)
_judgments = count(1)
ADULT, MINOR = date(1980, 5, 6), date(2002, 3, 4)
CONDUCT = date(2019, 1, 10)
COURT = "北京市朝阳区人民法院"
HELD_ELSEWHERE = pb.UNKNOWN_REASON_HELD_BY_ANOTHER_AGENCY
#: What each agency does not hold itself and says so (R13).
_NOT_OURS = {
    "police": ("execution",),
    "state_security": ("execution",),
    "procuratorate": ("execution", "person.household_division"),
    "justice": ("prosecuting_party",),
}


@dataclass(frozen=True)
class Someone:
    """A person who was never born: the identity number begins 99."""

    #: Nobody else's: a name that several persons of a shared federation bore would have each of them confirmed.
    name: str = field(default_factory=lambda: rare_name())
    born: date = ADULT
    serial: int = field(default_factory=lambda: next(_serial))

    @property
    def number(self) -> str:
        """The identity number of a man, with its check character."""
        sequence = 2 * self.serial - 1  # odd, as those of men are
        body = f"99{sequence // 1000:04d}{self.born:%Y%m%d}{sequence % 1000:03d}"
        return body + check_character(body)

    def subject(self) -> query_pb2.Subject:
        """Return the person as one asks about: number, name, birth date."""
        number = pb.Identifier(type=pb.IDENTIFIER_TYPE_CITIZEN_ID, number=self.number)
        return query_pb2.Subject(identifiers=[number], name=self.name, birth_date=self.born.isoformat())


def case_number() -> str:
    """Return a judgment number that no other record bears."""
    return f"（2019）京0105刑初{next(_judgments) + 70000}号"


def record(
    someone: Someone,
    agency: str = "procuratorate",
    *,
    number: str = "",
    offence: str = "盗窃罪",
    months: int = 36,
    intent: pb.Intent.ValueType = pb.INTENT_INTENTIONAL,
) -> pb.Record:
    """Return what `agency` holds of one effective judgment about `someone`."""
    number = number or case_number()
    made = pb.Record(
        record_class=pb.RECORD_CLASS_CRIMINAL,
        person=pb.Person(
            identifiers=[
                pb.Identifier(
                    type=pb.IDENTIFIER_TYPE_CITIZEN_ID,
                    number=someone.number,
                    verification=pb.VERIFICATION_VERIFIED,
                )
            ],
            names=[pb.Name(kind=pb.NAME_KIND_REGISTERED, text=someone.name)],
            sex=pb.SEX_MALE if int(someone.number[16]) % 2 else pb.SEX_FEMALE,
            birth_date=someone.born.isoformat(),
            household_division="110105",
            household_as_of="2019-06-01",
        ),
        prosecuting_party=pb.ProsecutingParty(procuratorate="北京市朝阳区人民检察院"),
        court=pb.Court(name=COURT),
        judgment_number=pb.JudgmentNumber(original=number),
        pronounced_on="2019-06-03",
        served_on="2019-06-03",
        final_on="2019-06-16",
        verdict=pb.VERDICT_GUILTY,
        offences=[
            pb.Offence(
                name=offence,
                conduct_from=CONDUCT.isoformat(),
                conduct_to=CONDUCT.isoformat(),
                intent=intent,
                penalty=pb.Penalty(kind=pb.PENALTY_KIND_FIXED_TERM, months=months),
            )
        ],
        combined_penalty=pb.Penalty(kind=pb.PENALTY_KIND_FIXED_TERM, months=months),
        execution=[pb.ExecutionEvent(kind=pb.EXECUTION_KIND_SERVING, on="2019-06-20", executor="某监狱")],
        instrument=pb.Instrument(
            kind=pb.INSTRUMENT_KIND_JUDGMENT, reference=number, issuer=COURT, issued_on="2019-06-03"
        ),
    )
    return without(made, _NOT_OURS[agency], HELD_ELSEWHERE)


def open_record(agency: str = "procuratorate", **fields: object) -> tuple[Someone, pb.Record]:
    """Return an adult and a record that is told to whoever may ask."""
    someone = Someone()
    return someone, record(someone, agency, **fields)  # type: ignore[arg-type]


def sealed_record(agency: str = "procuratorate", **fields: object) -> tuple[Someone, pb.Record]:
    """Return a person under eighteen at the offence, with three years: sealed (R40)."""
    someone = Someone(born=MINOR)
    return someone, record(someone, agency, **fields)  # type: ignore[arg-type]


def withheld_record(agency: str = "procuratorate", **fields: object) -> tuple[Someone, pb.Record]:
    """Return a person whose birth date the record does not know, with a short term: withheld.

    Nobody else has the name: who shared it and the birth date might be that person, and would have to wait (A27).
    """
    someone = Someone(name=rare_name(), born=MINOR)
    made = without(
        record(someone, agency, **fields),  # type: ignore[arg-type]
        ["person.birth_date"],
        pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE,
    )
    made.person.identifiers[0].verification = pb.VERIFICATION_DECLARED
    return someone, made


#: Characters that no other form is compared as: 兌 and 兑 would make one name of two.
_OWN_FORM = [c for c in map(chr, range(0x4E00, 0x6000)) if name_key(f"欧{c}") == f"欧{c}"]


def rare_name() -> str:
    """Return a name that nobody else in a test run has, nor another form of it."""
    first, second = divmod(next(_serial), len(_OWN_FORM))
    return f"欧{_OWN_FORM[first]}{_OWN_FORM[second]}"


def without(made: pb.Record, paths: Iterable[str], reason: pb.UnknownReason.ValueType) -> pb.Record:
    """Return `made` with fields explicitly unknown (R13)."""
    for path in paths:
        clear(made, path)
        made.unknowns.add(field=path, reason=reason)
    return made


def clear(made: pb.Record, path: str) -> None:
    """Remove the field at `path`, such as "court" or "person.birth_date"."""
    parent, _, name = path.rpartition(".")
    message: Message = getattr(made, parent) if parent else made
    message.ClearField(name)


def disagreeing() -> tuple[Someone, pb.Record, pb.Record]:
    """Return a person, and what police and procuratorate hold of one judgment: six years as a minor, three as an adult.

    Each copy is open by its own facts; together nobody knows whether it is sealed.
    """
    someone, number = Someone(born=MINOR), case_number()
    heavy = record(someone, "police", number=number, months=72)
    adult = record(someone, "procuratorate", number=number, months=36)
    adult.person.birth_date = "1985-03-04"
    adult.person.identifiers[0].verification = pb.VERIFICATION_DECLARED
    return someone, heavy, adult
