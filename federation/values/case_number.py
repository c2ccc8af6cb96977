"""Case numbers (案号) of criminal judgments, in the form since 2016 and in the older one.

New form (法〔2015〕137号): year, court code, type, number, as in （2019）京0105刑初123号.
Old form: year, court short name, type 字第, number, as in （2012）朝刑初字第123号. A short name is not unique
in the nation, so the key of a judgment is (court, year, kind, number). Reviews of death sentences had eight random
digits and mostly no 字第, as in （2014）刑五复69012508号. Patterns: 法〔2015〕137号 from 2016 on, R17.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, NoReturn

from federation.errors import InvalidRequest
from federation.values.case_number_forms import other_form
from federation.values.characters import half_width, is_unsafe

SUPREME_COURT: Final = "最高人民法院"
LONGEST: Final = 100
"""Characters; no case number comes near it."""

_NEW = re.compile(
    r"（(?P<year>201[6-9]|20[2-9][0-9])）"
    r"(?P<court>最高法|[京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔云藏陕甘青宁新军兵](?:[0-9]{4}|[0-9]{2})?)"
    r"(?P<special>知)?(?P<kind>刑(?:(?![字第])[\u4e00-\u9fff]){0,2})(?P<number>[0-9]{1,8})号(?:之(?P<sub>[一二三四五六七八九十]+))?"
)
_OLD = re.compile(
    r"（(?P<year>(?:19|20)[0-9]{2})）(?P<court>[\u4e00-\u9fff]{0,8}?)(?P<kind>刑[\u4e00-\u9fff]{1,3})字第"
    r"(?P<number>[0-9]{1,6})号(?:之(?P<sub>[一二三四五六七八九十]+))?"
)
_REVIEW = re.compile(
    r"（(?P<year>19[0-9]{2}|200[0-9]|201[0-5])）(?P<court>[\u4e00-\u9fff]{0,8}?)(?P<kind>刑[\u4e00-\u9fff]?[复核])(?:字第)?"
    r"(?P<number>[0-9]{1,8})号(?:之(?P<sub>[一二三四五六七八九十]+))?"
)
#: What may be a case number inside a text.
_NAMED = re.compile(r"（[^（）]{1,8}）[^（）号]{1,40}号(?:[-之][0-9一二三四五六七八九十]{1,3})?")
#: A further number of the same court, year and type, shortened: the second in …刑初8号、9号.
_FURTHER = re.compile(r"[、,，;；和及与]第?[0-9]{1,8}(?:号|[、,，;；和及与]|$)")
_REVIEW_KIND = re.compile(r"刑[\u4e00-\u9fff]?[复核]")
_SHORT_NUMBER = 6
_BRACKETS = str.maketrans("()〔〕[]【】〈〉<>{}﹝﹞﹙﹚〖〗「」號", "（）" * 11 + "号")
#: Categories of marks of direction, joiners, byte-order marks, variation selectors.
_INVISIBLE = frozenset({"Cf", "Mn"})
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-"))
_SUFFIX = re.compile(r"号(?:[-之]|（之?)(?P<sub>[0-9]{1,2}|[一二三四五六七八九十]{1,3})）?")
_SUFFIX_BEFORE = re.compile(r"(?<=[0-9])[-之]([0-9]{1,2}|[一二三四五六七八九十]{1,3})(号)$")
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9]+号)")
_MASK = re.compile(r"[*×xX✕✖※?？□■○●◯#某_…]|(?<![0-9])\.{2,}")
_GAP = re.compile(r"[0-9]+ +[0-9]+")
_DIGITS = "零一二三四五六七八九"
#: In the short name of a procuratorate (朝检) and of no court.
_PROSECUTION: Final = "检"
_OTHER_TYPES: Final = {
    "民": "a civil case",
    "行": "an administrative case",
    "执": "an enforcement case",
    "商": "a commercial case",
    "赔": "a compensation case",
    "破": "a bankruptcy case",
}


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """A case number, parsed into its parts.

    `court` is the court code or short name; an old number without one is the Supreme People's Court.
    `sub` is the Chinese numeral of 之一, 之二. `special` is the one-character 专门审判代字 of 2018 (知).
    """

    original: str
    canonical: str
    year: int
    court: str
    kind: str
    number: int
    sub: str | None
    style: Literal["new", "old"]
    special: str | None = None


def parse(text: str) -> CaseNumber:
    """Return the case number in `text`, in any way of writing.

    Raises `InvalidRequest` on field "text" with the rule CASE-NUMBER-EMPTY, -LENGTH, -MASKED, -YEAR, -COURT,
    -TYPE, -NUMBER or -SUFFIX, with a message on the fault and the remedy.
    """
    written = _normalise(text)
    new = _NEW.fullmatch(written)
    match = new or _OLD.fullmatch(written) or _REVIEW.fullmatch(written)
    if (
        match is None
        or int(match["number"]) == 0
        or not _is_numeral(match["sub"])
        or _PROSECUTION in match["court"]
    ):
        _refuse(written)
    return CaseNumber(
        original=text,
        canonical=written if match.re is not _REVIEW else _review(match),
        year=int(match["year"]),
        court=match["court"] or SUPREME_COURT,
        kind=match["kind"],
        number=int(match["number"]),
        sub=match["sub"],
        style="new" if new else "old",
        special=new["special"] if new else None,
    )


def named_in(text: str) -> tuple[list[str], bool]:
    """Return the criminal case numbers in a text, each in its canonical form, and whether others cannot be read."""
    written = "".join(half_width(text).translate(_BRACKETS).translate(_DASHES).split())
    found: dict[str, None] = {}
    unreadable = False
    for match in _NAMED.finditer(written):
        unreadable |= "刑" in match[0] and _FURTHER.match(written, match.end()) is not None
        try:
            found[parse(match[0]).canonical] = None
        except InvalidRequest:
            unreadable |= "刑" in match[0]
    return list(found), unreadable


def _review(match: re.Match[str]) -> str:
    """Return the one form of a review's number: 字第 before a short one, none before eight random digits."""
    mark = "字第" if len(match["number"]) <= _SHORT_NUMBER else ""
    sub = f"之{match['sub']}" if match["sub"] else ""
    return f"（{match['year']}）{match['court']}{match['kind']}{mark}{match['number']}号{sub}"


def _normalise(text: str) -> str:
    if len(text) > LONGEST:
        _fail("LENGTH", f"longer than {LONGEST} characters: give the case number alone")
    shown = "".join(character for character in text if not _copied_along(character))
    written = half_width(shown).translate(_BRACKETS).translate(_DASHES)
    if gap := _GAP.search(written):
        _fail(
            "NUMBER",
            f"“{gap[0]}” has a space inside a number: take it out, or ask the court for the original",
        )
    written = "".join(written.split())
    if not written:
        _fail("EMPTY", "empty: give the case number as it stands on the judgment")
    if mask := _MASK.search(written):
        _fail("MASKED", f"masked at “{mask[0]}”: the number must be complete, ask the court for the original")
    written = _SUFFIX_BEFORE.sub(r"\2之\1", written)  # 123-1号 is 123号之一
    start, mark, rest = written.partition("号")
    if mark and (suffix := _SUFFIX.fullmatch(mark + rest)):
        rest = f"之{_numeral(suffix['sub'])}"
    return _LEADING_ZEROS.sub("", start + mark) + rest


def _copied_along(character: str) -> bool:
    """Return whether this is an invisible character that came along with copied text: no space and no line end."""
    return is_unsafe(character) and unicodedata.category(character) in _INVISIBLE


def _numeral(sub: str) -> str:
    if not sub.isdigit() or not sub.isascii() or int(sub) == 0:
        return sub
    tens, ones = divmod(int(sub), 10)
    return (("" if tens == 1 else _DIGITS[tens]) + "十" if tens else "") + (_DIGITS[ones] if ones else "")


def _is_numeral(sub: str | None) -> bool:
    """Say whether `sub` is one of 一 to 九十九, or absent."""
    return sub is None or sub in _NUMERALS


_NUMERALS: Final = frozenset(_numeral(str(n)) for n in range(1, 100))


def _refuse(written: str) -> NoReturn:
    """Raise the first fault, from left to right, of a normalised text that is no case number."""
    if (form := other_form(written)) is not None:
        _fail(*form)
    head = re.match(r"（([^（）]*)）(.*)", written)
    if head is None:
        _fail("YEAR", "does not begin with the year in brackets: write it as （2019）")
    year, rest = head[1], head[2]
    if not re.fullmatch(r"[0-9]{4}", year):
        _fail("YEAR", f"the year “{year}” is not four digits: write it as （2019）")
    if not year.startswith(("19", "20")):
        _fail("YEAR", f"there are no case numbers of the year {year}: check the year")
    at = rest.find("刑")
    review = int(year) < 2016 and at >= 0 and _REVIEW_KIND.match(rest, at) is not None
    old = review or "字" in rest
    if at < 0:
        other = next((c for c in rest if c in _OTHER_TYPES), None)
        what = (
            f"it is the number of {_OTHER_TYPES[other]} ({other})" if other else "it has no type code with 刑"
        )
        _fail("TYPE", f"{what}: only criminal case numbers (刑初, 刑终, ...) make a record")
    _refuse_court(rest[:at], old)
    if not old and int(year) < 2016:
        _fail(
            "YEAR",
            f"the form with a court code began in 2016, not {year}: use the old form, （{year}）…刑初字第…号",
        )
    if re.search(r"[0-9]{1,9}$", rest):
        _fail("NUMBER", "does not end with 号 after the number: write …123号")
    body, mark, tail = rest[at:].partition("号")
    if not mark:
        _fail("NUMBER", "has no number followed by 号: write …123号")
    kind = re.split(r"字|第|[^\u4e00-\u9fff]", body, maxsplit=1)[0]
    if len(kind) not in (range(2, 5) if old else range(1, 4)):
        _fail("TYPE", f"“{kind}” is not a criminal type code: write for example 刑初 or 刑终")
    if old and not review and not body.startswith(f"{kind}字第"):
        _fail("TYPE", f"the old form writes 字第 between type and number: {kind}字第…号")
    number = body.removeprefix(kind).removeprefix("字第" if old else "")
    if not number:
        _fail("NUMBER", "has no number before 号: write …123号")
    if not re.fullmatch(r"[0-9]+", number):
        _fail("NUMBER", f"“{number}” is not a number in digits: write it as …123号")
    if int(number) == 0:
        _fail("NUMBER", "the number is zero: check it against the judgment")
    most = _SHORT_NUMBER if old and not review else 8
    if len(number) > most:
        _fail("NUMBER", f"{number} has more than {most} digits: check it against the judgment")
    _fail("SUFFIX", f"“{tail}” after 号 is not a suffix such as 之一 or -1: give the case number alone")


def _refuse_court(court: str, old: bool) -> None:
    if old:
        if not re.fullmatch(r"[\u4e00-\u9fff]{0,8}", court):
            _fail(
                "COURT",
                f"“{court}” is not a court's short name of up to eight characters: write for example 朝",
            )
    elif not court.removesuffix("知"):
        _fail("COURT", "has no court code between year and type: write for example 京0105, or 最高法")
    elif not _NEW.fullmatch(f"（2019）{court}刑初1号"):
        _fail(
            "COURT",
            f"“{court}” is not a court code: a province's short name with 0, 2 or 4 digits, or 最高法",
        )


def _fail(rule: str, message: str) -> NoReturn:
    raise InvalidRequest.of("text", f"CASE-NUMBER-{rule}", message)
