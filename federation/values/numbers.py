"""The birth date and sex inside a person's verified number of GB 11643: a citizen's, or a permit to reside.

They are used wherever the record leaves the field open (R14): for sealing, for bars and for finding the person. The
record itself is never changed: stated and derived facts stay separate. A number that is only declared proves
nothing, and neither does one with an invalid check character or date. A number of eighteen characters is one of
GB 11643 under whatever kind of document it stands: residents of Hong Kong, Macao and Taiwan and foreigners bear them
on permits to reside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from federation.errors import FieldViolation
from federation.v1 import record_pb2 as pb
from federation.values import calendar
from federation.values.calendar import DateRange
from federation.values.identifiers import (
    birth_date_of,
    check_citizen_id,
    is_citizen_id,
    normalise_identifier,
)

#: The place of the digit that is odd for men and even for women.
_SEX = 16
_LENGTH = 18


def verified_numbers(person: pb.Person) -> tuple[str, ...]:
    """Return the valid numbers of GB 11643 that `person` bears now and that were verified, normalised, each once."""
    verified = (
        i.number
        for i in person.identifiers
        if i.verification == pb.VERIFICATION_VERIFIED and not i.former and _of_standard(i)
    )
    return _valid(verified)


def citizen_numbers(identifiers: Iterable[pb.Identifier]) -> tuple[str, ...]:
    """Return the valid numbers of GB 11643 among `identifiers`, verified or not, normalised, each once."""
    return _valid(i.number for i in identifiers if _of_standard(i))


def birth_of(person: pb.Person) -> DateRange | None:
    """Return the days on which `person` may have been born; None when no day is proven.

    A stated date counts. Where none is stated, or only the year or month, a verified number gives the day. Two verified
    numbers with different days prove none, and a stated date that they contradict stays unchanged.
    Raises `ValueError` when the stated date cannot be read.
    """
    stated = calendar.parse_partial(person.birth_date) if person.birth_date else None
    inside = {birth_date_of(number) for number in verified_numbers(person)}
    if len(inside) != 1:
        return stated
    (day,) = inside
    if stated is None or stated.first <= day <= stated.last:
        return DateRange(day, day)
    return stated


def births_of(person: pb.Person) -> tuple[DateRange, ...]:
    """Return every birth that `person` may have: one, or each of those that contradict one another; none is proven.

    Where a verified number says another day than the record states, both are claims, and neither is more certain: that
    is the ordinary dispute about age, and only the court settles it (A11). What is stated comes first.
    Raises `ValueError` when the stated date cannot be read.
    """
    inside = {birth_date_of(number) for number in verified_numbers(person)}
    if not person.birth_date:
        return tuple(DateRange(day, day) for day in inside) if len(inside) == 1 else ()
    stated = calendar.parse_partial(person.birth_date)
    fitting = sorted(day for day in inside if stated.first <= day <= stated.last)
    others = sorted(inside - set(fitting))
    first = DateRange(fitting[0], fitting[0]) if len(fitting) == 1 else stated
    return (first, *(DateRange(day, day) for day in others))


def sex_of(person: pb.Person) -> pb.Sex.ValueType:
    """Return the sex of `person` as stated, else that of the verified numbers; unspecified when they differ."""
    if person.sex in (pb.SEX_MALE, pb.SEX_FEMALE):
        return person.sex
    inside = {sex_inside(number) for number in verified_numbers(person)}
    return inside.pop() if len(inside) == 1 else person.sex


def sex_inside(number: str) -> pb.Sex.ValueType:
    """Return the sex inside a normalised citizen number."""
    return pb.SEX_MALE if int(number[_SEX]) % 2 else pb.SEX_FEMALE


def contradictions(person: pb.Person, where: str) -> Iterator[FieldViolation]:
    """Yield the birth date and sex of a person asked about, if they contradict all numbers of GB 11643 given with them.

    `where` is the path of the person. Unverified numbers count too: the asker vouches for them. A malformed date
    or number contradicts nothing here; the check of its form reports it.
    """
    numbers = citizen_numbers(person.identifiers)
    if not numbers:
        return
    try:
        stated = calendar.parse_partial(person.birth_date) if person.birth_date else None
    except ValueError:
        stated = None
    if stated and not any(stated.first <= birth_date_of(number) <= stated.last for number in numbers):
        yield FieldViolation(
            f"{where}.birth_date",
            "GB 11643",
            "contradicts the birth date inside the identity number: one of the two is mistyped, check both",
        )
    known = (pb.SEX_MALE, pb.SEX_FEMALE)
    if person.sex in known and not any(sex_inside(number) == person.sex for number in numbers):
        yield FieldViolation(
            f"{where}.sex",
            "GB 11643",
            "contradicts the sex inside the identity number: one of the two is wrong, check both",
        )


def births_asked(birth_date: str, identifiers: Iterable[pb.Identifier]) -> frozenset[date]:
    """Return the birth dates of a person asked about: the stated one, else those inside the numbers given.

    The asker vouches for the number, so it needs no verification here. Raises `ValueError` for a stated date that
    is no full date.
    """
    if birth_date:
        return frozenset({calendar.parse_date(birth_date)})
    return frozenset(birth_date_of(number) for number in citizen_numbers(identifiers))


def series(type_: pb.IdentifierType.ValueType, number: str) -> tuple[pb.IdentifierType.ValueType, str]:
    """Return kind and number for comparison: one of GB 11643 is the same whatever document it is said to be of.

    Citizen numbers and the residence permits of that standard are one series, in which each number is given once.
    """
    return (pb.IDENTIFIER_TYPE_CITIZEN_ID if is_citizen_id(number) else type_), number


def _of_standard(identifier: pb.Identifier) -> bool:
    """Say whether the number may be one of GB 11643; fifteen digits are one as a citizen's number alone."""
    if identifier.type == pb.IDENTIFIER_TYPE_CITIZEN_ID:
        return True
    try:
        return len(normalise_identifier("other", identifier.number)) == _LENGTH
    except ValueError:
        return False


def _valid(numbers: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for number in numbers:
        try:
            normal = normalise_identifier("citizen_id", number)
            # Whether synthetic numbers are accepted is decided where a record enters the system.
            check_citizen_id(normal, allow_synthetic=True)
        except ValueError:
            continue
        found[normal] = None
    return tuple(found)
