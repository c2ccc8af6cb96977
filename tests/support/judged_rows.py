"""Judgments made up at random, the record that each is, and a writer of table rows for them in any form allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from hypothesis import strategies as st

from federation.v1 import record_pb2 as pb
from tests.support.written import MIDNIGHTS, WIDE, day_forms, in_characters, number_forms

DAYS = st.dates(date(1930, 1, 1), date(2099, 12, 31))


SPACES = st.sampled_from(["", "", " ", "\u00a0", "\u3000", "\t"])


NOTHING = st.sampled_from(["", " ", "无", "不详", "/", "／"])


COURTS = ["北京市朝阳区人民法院", "示例市人民法院"]


OFFENCES = [
    "盗窃罪",
    "伪造、变造国家有价证券罪",
    "侮辱国旗、国徽罪",
    "诱骗投资者买卖证券罪",
    "伪造公司、企业、事业单位、人民团体印章罪",
]


@dataclass(frozen=True)
class Judged:
    """What a row means; "" and 0 are not stated."""

    name: str
    number: str
    female: bool
    birth: str
    division: str
    court: str
    case: int
    pronounced: date
    offences: tuple[str, ...]
    conduct: date
    years: int
    months: int
    suspended: int
    fine: int
    extra: int


JUDGED = st.builds(
    Judged,
    name=st.sampled_from(["张三", "\U00020087梅", "买买提·吐尔逊", "㐀", "\u9fb4某", '引"号', "逗,号"]),
    number=st.sampled_from(["", "990101198207040120", "99010119690120013X"]),
    female=st.booleans(),
    birth=st.one_of(
        st.just(""), DAYS.map(str), DAYS.map(lambda day: f"{day:%Y-%m}"), DAYS.map(lambda day: f"{day:%Y}")
    ),
    division=st.sampled_from(["", "110105", "440300"]),
    court=st.sampled_from(COURTS),
    case=st.integers(1, 99_999),
    pronounced=DAYS,
    offences=st.lists(st.sampled_from(OFFENCES), min_size=1, max_size=3).map(tuple),
    conduct=DAYS,
    years=st.integers(1, 15),
    months=st.integers(0, 11),
    suspended=st.integers(0, 5),
    fine=st.integers(0, 99_999_999),
    extra=st.integers(0, 99_999_999),
)


def expected(judged: Judged) -> pb.Record:
    """Return the record that a row means, made without any reader."""
    record = pb.Record(record_class=pb.RECORD_CLASS_CRIMINAL, court=pb.Court(name=judged.court))
    person = record.person
    person.names.add(kind=pb.NAME_KIND_REGISTERED, text=judged.name)
    if judged.number:
        person.identifiers.add(
            type=pb.IDENTIFIER_TYPE_CITIZEN_ID, number=judged.number, verification=pb.VERIFICATION_VERIFIED
        )
    person.sex = pb.SEX_FEMALE if judged.female else pb.SEX_MALE
    person.birth_date, person.household_division = judged.birth, judged.division
    record.judgment_number.original = record.instrument.reference = f"（2019）京0105刑初{judged.case}号"
    record.pronounced_on = judged.pronounced.isoformat()
    for name in judged.offences:
        record.offences.add(name=name, conduct_from=judged.conduct.isoformat())
    record.combined_penalty.kind = pb.PENALTY_KIND_FIXED_TERM
    record.combined_penalty.months = 12 * judged.years + judged.months
    record.combined_penalty.probation_months = 12 * judged.suspended
    for yuan in (judged.fine, judged.extra):
        if yuan:
            record.supplementary_penalties.add(kind=pb.SUPPLEMENTARY_KIND_FINE, amount_yuan=yuan)
    unknown = {"execution": pb.UNKNOWN_REASON_HELD_BY_ANOTHER_AGENCY}
    if not judged.number:
        unknown["person.identifiers"] = pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE
    if not judged.birth:
        unknown["person.birth_date"] = pb.UNKNOWN_REASON_ILLEGIBLE
    if not judged.division:
        unknown["person.household_division"] = pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE
    for field, reason in unknown.items():
        record.unknowns.add(field=field, reason=reason)
    return record


def _counted(day: date) -> int:
    """Return the number by which a spreadsheet keeps a day."""
    return (day - date(1899, 12, 30)).days


class Writer:
    """Writes each value in a form that is drawn; `cells` says whether the file can hold numbers and days."""

    def __init__(self, draw: Callable[[Any], Any], *, cells: bool, since_1904: bool = False) -> None:
        self._draw = draw
        self._cells = cells
        self._since_1904 = since_1904

    def row(self, judged: Judged) -> list[Any]:
        """Return the cells of a row, by `HEADER`."""
        case = self._one(f"（2019）京0105刑初{judged.case}号", f" （2019）京0105刑初{judged.case}号 ")
        return [
            self._spaced(self._name(judged.name)),
            self._spaced(judged.number) if judged.number else self._nothing(),
            self._spaced("女" if judged.female else "男"),
            self._birth(judged.birth) if judged.birth else self._nothing(),
            self._division(judged.division) if judged.division else self._nothing(),
            self._spaced(judged.court),
            case,
            self._day(judged.pronounced),
            self._one("；", ";", "、").join(judged.offences),
            self._day(judged.conduct),
            self._penalty(judged),
            self._amount(judged.extra) if judged.extra else self._nothing(),
        ]

    def _one(self, *forms: Any) -> Any:
        return self._draw(st.sampled_from(forms))

    def _text(self, *forms: str) -> str:
        return str(self._one(*forms))

    def _spaced(self, text: str) -> str:
        return f"{self._draw(SPACES)}{text}{self._draw(SPACES)}"

    def _nothing(self) -> Any:
        return self._draw(NOTHING | st.none()) if self._cells else self._draw(NOTHING)

    def _name(self, name: str) -> str:
        if self._cells and self._draw(st.booleans()):
            name = f"{name}_x000D_"
        return self._text(name, name.replace("\u9fb4", "\ue81e").replace("\U00020087", "\ue816"))

    def _division(self, code: str) -> Any:
        return self._one(self._spaced(code), code.translate(WIDE), int(code) if self._cells else code)

    def _day(self, day: date) -> Any:
        forms: list[Any] = [
            self._spaced(self._draw(st.sampled_from(sorted(day_forms(day))))),
            f"{day.isoformat()} {self._draw(st.sampled_from(MIDNIGHTS))}",
            f"{day.year}/{day.month}/{day.day}".translate(WIDE),
        ]
        if not self._since_1904:
            forms.append(str(_counted(day)))
        if self._cells:
            counted = _counted(day) - 1462 * self._since_1904
            forms += [day, datetime(day.year, day.month, day.day)]
            forms += [counted, float(counted)] if counted >= 10_000 else []  # of four digits it may be a year
        return self._one(*forms)

    def _birth(self, birth: str) -> Any:
        year, *rest = birth.split("-")
        if len(rest) == 2:
            return self._day(date.fromisoformat(birth))
        if not rest:
            return self._one(year, f"{year}年", year.translate(WIDE), int(year) if self._cells else year)
        return self._one(birth, f"{year}/{int(rest[0])}", f"{year}.{rest[0]}", f"{year}年{int(rest[0])}月")

    def _amount(self, yuan: int) -> Any:
        text = self._draw(st.sampled_from(sorted(set(number_forms(yuan)))))
        return self._one(
            self._spaced(text),
            f"人民币{text}元整",
            f"¥{text}",
            f"{text}元".translate(WIDE),
            yuan if self._cells else text,
        )

    def _penalty(self, judged: Judged) -> str:
        term = self._length(judged.years, judged.months)
        parts = [f"{self._one('', '判处')}有期徒刑{term}"]
        if judged.suspended:
            parts.append(f"缓刑{self._length(judged.suspended, 0)}")
        if judged.fine:
            yuan = self._draw(st.sampled_from(sorted(set(number_forms(judged.fine)))))
            parts.append(f"并处罚金{self._one('', '人民币')}{yuan}元{self._one('', '整')}")
        return self._text("，", ",", "； ").join(parts) + self._text("", "。")

    def _length(self, years: int, months: int) -> str:
        one = self._one(str, in_characters)
        forms = [
            f"{one(12 * years + months)}个月",
            f"{one(years)}年" + (f"{one(months)}个月" if months else ""),
        ]
        if months == 6:
            forms += [f"{one(years)}年半", f"{years}.5年"]
        return self._text(*forms)
