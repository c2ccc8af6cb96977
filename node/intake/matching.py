"""Find the conviction that a notice is about, and rank the candidates when none is certain (R31)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from federation.law.punishment import EXECUTION_OVER, execution_over
from federation.law.sealing import Status
from federation.notices.kinds import EXECUTION_KINDS
from federation.record.matching import Sought, fits_by_name, identified, shares_number
from federation.v1 import notice_pb2, record_pb2, registry_pb2
from federation.values.calendar import near_days
from federation.values.court_names import may_be_one_court
from federation.values.identifiers import birth_date_of, check_character, looks_of_standard
from federation.values.names import name_key, normalise_name
from node.register.acts import Register
from node.store.by_token import ids_by_tokens
from node.store.reading import Reader
from node.store.rows import CurrentRecord
from server.journal.work import View, Work

_NEVER_SERVED = (record_pb2.PENALTY_KIND_EXEMPT, record_pb2.PENALTY_KIND_SUPPLEMENTARY_ONLY)
MOST_CANDIDATES = 10
#: Records are not read if one token leads to more than this: an officer decides, and no other work waits.
MOST_READ = 200


@dataclass(frozen=True, slots=True)
class Match:
    """A record's current state and its newest version in clear."""

    current: CurrentRecord
    event: registry_pb2.RecordEvent

    def open_today(self, work: Work, register: Register) -> bool:
        """Return whether the record is kept as open and is open by today's rules too (A14)."""
        lies_open = self.current.status is Status.OPEN
        return lies_open and register.judged(work, self.event, register.now()) is Status.OPEN


def find(view: View, register: Register, notice: notice_pb2.Notice) -> Match | None:
    """Return the one conviction that both person and judgment number of `notice` fit, sealed or not; None if none.

    Nothing fits without a judgment number: an officer decides, and no record is looked for. Nor does anything where
    the record has another identity number: it may be a namesake in the same judgment, a wrong digit or a stolen
    identity. Nor where name and birth date lead to more than `MOST_READ` records, or the name fits in another
    spelling only, or the record knows no birth date.
    """
    number = notice.judgment.number.canonical
    if not number:
        return None
    fitting = [m for m in _of_person(view, register, notice) if same_judgment(m.event.record, notice)]
    fitting = _certain(view, register, notice.person, fitting)
    if any(_another_number(m.event.record, notice.person) for m in fitting):
        fitting = _by_number(view, register, notice.person, fitting)
    return fitting[0] if len(fitting) == 1 else None


def only_fitting(view: View, register: Register, notice: notice_pb2.Notice) -> Match | None:
    """Return the one conviction under the person's identity number whose execution `notice` can end; None if none.

    Sealed or not: it is for an officer's decision, not for receipts. A name and birth date do not suffice. A number of
    the standard is one whatever document either side says it is on.
    """
    if notice.kind not in EXECUTION_KINDS:
        return None
    sought = Sought.of_person(notice.person)
    fitting = [
        m
        for m in _of_person(view, register, notice)
        if shares_number(sought, m.event.record.person)
        and identified(sought, m.event.record.person)
        and _open_to(m.event.record, notice)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _of_person(view: View, register: Register, notice: notice_pb2.Notice) -> list[Match]:
    tokens = register.links.expand(register.sealer.tokens(notice.person))
    return [Match(*each) for each in register.records.of_tokens(view, tokens, most=MOST_READ)]


def ended_otherwise(record: record_pb2.Record, notice: notice_pb2.Notice) -> bool:
    """Return whether a notice reports an end while the record has a different one: both cannot be right."""
    reported = {(event.kind, event.on) for event in notice.execution if event.kind in EXECUTION_OVER}
    over = execution_over(record) | {kind for kind, _ in reported}
    ends = {(event.kind, event.on) for event in record.execution if event.kind in over}
    return bool(ends) and bool(reported - ends)


def _another_number(record: record_pb2.Record, person: record_pb2.Person) -> bool:
    """Return whether both have identity numbers of one type and share none of that type."""
    theirs, mine = ({(i.type, i.number) for i in p.identifiers} for p in (record.person, person))
    types = {kind for kind, _ in theirs} & {kind for kind, _ in mine}
    return any(not {(k, n) for k, n in theirs & mine if k == kind} for kind in types)


def _certain(
    view: View, register: Register, person: record_pb2.Person, matches: Sequence[Match]
) -> list[Match]:
    """Return the matches by a number of this person, or by a name written alike together with the birth date."""
    if not matches:
        return []
    named = Sought.of_person(person)
    alike = [m for m in matches if fits_by_name(named, m.event.record.person)]
    others = [m for m in matches if m not in alike]
    return alike + (_by_number(view, register, person, others) if others else [])


def _by_number(
    view: View, register: Register, person: record_pb2.Person, matches: Sequence[Match]
) -> list[Match]:
    """Return the matches that bear an identity number of this person, or one of a merged registration."""
    only = record_pb2.Person(identifiers=person.identifiers)
    ids = set(ids_by_tokens(view, register.links.expand(register.sealer.tokens(only))))
    return [m for m in matches if m.current.record_id in ids]


def same_judgment(record: record_pb2.Record, notice: notice_pb2.Notice) -> bool:
    """Return whether a record is of the judgment that a notice names."""
    same_number = record.judgment_number.canonical == notice.judgment.number.canonical
    return same_number and _same_court(record, notice)


def _same_court(record: record_pb2.Record, notice: notice_pb2.Notice) -> bool:
    """Return whether the courts may be one, where the judgment's number is of the old form, in any way of writing them.

    New-style numbers are unique in the nation.
    """
    number = notice.judgment.number.canonical
    return "字第" not in number or may_be_one_court(record.court.name, notice.judgment.court.name)


def by_id(view: View, register: Register, record_id: bytes) -> Match | None:
    """Return the record of that id with its newest version; None when unknown or withdrawn."""
    current = register.records.by_id(view, record_id)
    if current is None:
        return None
    return Match(current, register.records.newest(view, current))


def _open_to(record: record_pb2.Record, notice: notice_pb2.Notice) -> bool:
    """Return whether a release or discharge can end the record's execution: begun before, and not yet ended."""
    if any(event.kind in execution_over(record) for event in record.execution):
        return False
    if record.combined_penalty.kind in _NEVER_SERVED:
        return False
    return not record.final_on or not notice.occurred_on or record.final_on <= notice.occurred_on


def candidates(reader: Reader, register: Register, notice: notice_pb2.Notice) -> list[notice_pb2.Candidate]:
    """Return records open by today's rules that may be meant, the likeliest first; never sealed ones (A14).

    More than `MOST_READ` namesakes with one birth date are left out: none is likelier than the others.
    """
    person = notice_person(notice)
    tokens = {t: None for variant in _variants(person) for t in register.sealer.tokens(variant)}
    found = {s.record_id: s for s in reader.look(tokens, MOST_READ).records()}
    ranked, now = [], register.now()
    for stored in found.values():
        if register.stands(stored.event, now) is not Status.OPEN:
            continue
        score, reasons = _likeness(stored.event.record, person, notice)
        ranked.append(
            notice_pb2.Candidate(
                record_id=stored.record_id.hex(),
                version=stored.event.version,
                score=score,
                reasons=reasons,
                record=stored.event.record,
            )
        )
    ranked.sort(key=lambda c: (-c.score, c.record_id))
    return ranked[:MOST_CANDIDATES]


def notice_person(notice: notice_pb2.Notice) -> record_pb2.Person:
    """Return whom the notice concerns."""
    return notice.record.person if notice.kind == notice_pb2.NOTICE_KIND_JUDGMENT else notice.person


def _variants(person: record_pb2.Person) -> Iterator[record_pb2.Person]:
    """Yield the person as written, with each digit of the number wrong, by name with likely birth dates, by name alone.

    The form of a number decides and not its kind: permits to reside have numbers of the standard, too. By the name
    alone only records are found that know no birth date.
    """
    yield person
    births = {person.birth_date} - {""}
    for identifier in person.identifiers:
        if not looks_of_standard(identifier.number):
            continue
        wrong = [
            record_pb2.Identifier(type=identifier.type, number=number)
            for number in _one_digit_off(identifier.number)
        ]
        yield record_pb2.Person(identifiers=wrong)
        try:
            births.add(birth_date_of(identifier.number).isoformat())
        except ValueError:
            continue
    for birth in sorted(births | {other for known in births for other in near_days(known)}):
        yield record_pb2.Person(names=person.names, birth_date=birth)
    yield record_pb2.Person(names=person.names)


def _one_digit_off(number: str) -> Iterator[str]:
    """Yield every valid citizen number that differs from `number` in one digit, or in the check character."""
    body, check = number[:17], number[17:]
    for at, digit in enumerate(body):
        for other in "0123456789":
            changed = body[:at] + other + body[at + 1 :]
            if other != digit:
                yield changed + check_character(changed)
    right = check_character(body)
    if right != check:
        yield body + right


def _likeness(
    record: record_pb2.Record, person: record_pb2.Person, notice: notice_pb2.Notice
) -> tuple[int, Sequence[str]]:
    score, reasons = 0, list[str]()
    theirs = {i.number for i in record.person.identifiers}
    mine = {i.number for i in person.identifiers}
    if theirs & mine:
        score, reasons = score + 50, [*reasons, "same identity number"]
    elif any(_digits_apart(a, b) == 1 for a in mine for b in theirs):
        score, reasons = score + 30, [*reasons, "identity number differs in one digit"]
    elif _another_number(record, person):
        reasons = ["another identity number"]
    if _names(person.names) & _names(record.person.names):
        score, reasons = score + 20, [*reasons, "same name"]
    elif _keys(person.names) & _keys(record.person.names):
        score, reasons = score + 15, [*reasons, "same name in another spelling"]
    if person.birth_date and person.birth_date == record.person.birth_date:
        score, reasons = score + 10, [*reasons, "same birth date"]
    number = notice.judgment.number.canonical
    if number and number == record.judgment_number.canonical:
        score, reasons = score + 20, [*reasons, "same judgment number"]
    elif _open_to(record, notice):
        score, reasons = score + 5, [*reasons, "execution has not ended"]
    return min(score, 100), reasons


def _digits_apart(one: str, other: str) -> int:
    """Count differing digits of two citizen numbers, the check character aside."""
    return sum(a != b for a, b in zip(one[:17], other[:17], strict=False))


def _names(names: Iterable[record_pb2.Name]) -> set[str]:
    return {normalise_name(name.text) for name in names}


def _keys(names: Iterable[record_pb2.Name]) -> set[str]:
    return {name_key(name.text) for name in names}
