"""What rules a candidate out without anybody's decision: another verified number, another sex, being too young (R34).

For records that were found by name, or by a number under another kind of document. What does not rule out for certain
rules nothing out: then an officer of the holder decides.
"""

from __future__ import annotations

from datetime import date

from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values import calendar
from federation.values.identifiers import is_citizen_id
from federation.values.numbers import births_asked, citizen_numbers, sex_inside, sex_of
from federation.values.offence_name import offence_key

#: 刑法 17(2): full criminal responsibility for grave offences, and the least for any other.
_LEAST_AGE = 14
#: 刑法 17(3) in the version of Amendment XI: from twelve, for killing and for injuring, with the approval of the
#: highest procuratorate.
_FROM_TWELVE_SINCE = date(2021, 3, 1)
_FROM_TWELVE = ("故意杀人", "故意伤害")
_SEXES = (pb.SEX_MALE, pb.SEX_FEMALE)


def ruled_out(subject: query_pb2.Subject, record: pb.Record) -> str:
    """Return why the record cannot be of the person asked about: "number", "sex" or "age"; "" where it can."""
    if _another_number(subject, record.person):
        return "number"
    if _another_sex(subject, record.person):
        return "sex"
    return "age" if _too_young(subject, record) else ""


def _another_number(subject: query_pb2.Subject, person: pb.Person) -> bool:
    """Return whether the record has a verified number for life where the question gives another one of that kind.

    For life are the numbers of GB 11643; a passport has another number each time it is renewed.
    """
    asked = {i.type for i in subject.identifiers if is_citizen_id(i.number)}
    return any(
        i.type in asked
        and i.verification == pb.VERIFICATION_VERIFIED
        and not i.former
        and is_citizen_id(i.number)
        for i in person.identifiers
    )


def _another_sex(subject: query_pb2.Subject, person: pb.Person) -> bool:
    inside = {sex_inside(number) for number in citizen_numbers(subject.identifiers)}
    stated = {subject.sex} & {*_SEXES}
    asked, recorded = stated or inside, sex_of(person)
    return len(asked) == 1 and recorded in _SEXES and recorded not in asked


def _too_young(subject: query_pb2.Subject, record: pb.Record) -> bool:
    """Return whether the person was under the age of responsibility at the latest possible day of the conduct.

    Only for criminal records: other classes have other ages. The birthday is the last day of the age before (A11).
    """
    births = births_asked(subject.birth_date, subject.identifiers)
    latest = _latest_conduct(record)
    if record.record_class != pb.RECORD_CLASS_CRIMINAL or not births or latest is None:
        return False
    grave = any(offence_key(offence.name).startswith(_FROM_TWELVE) for offence in record.offences)
    least = 12 if grave and latest >= _FROM_TWELVE_SINCE else _LEAST_AGE
    return all(latest <= _birthday(born, least) for born in births)


def _latest_conduct(record: pb.Record) -> date | None:
    """Return the latest day of conduct; the day of the judgment for offences whose days are unknown."""
    judged = record.pronounced_on or record.final_on
    days = [offence.conduct_to or judged for offence in record.offences]
    if not days or not all(days):
        return None
    return max(calendar.parse_date(day) for day in days)


def _birthday(born: date, years: int) -> date:
    """Return the birthday in that year; of somebody born on 29 February the later reading, 1 March."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)
