"""Numbers that stand where a case number is expected: older forms, and numbers of other documents.

Courts wrote case numbers in many ways before 法〔2015〕137号: with the year after the court's name, of two digits or in
characters, without a stage. They are refused, since a guess at a part could join two judgments; but each is named as
what it is, together with how it is to be written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0"}
_ANY_YEAR: Final = r"(?P<year>(?:19|20)?[0-9]{2}|[零〇○一二三四五六七八九]{4})"
_YEAR: Final = r"（(?P<year>19[0-9]{2}|200[0-9]|201[0-5])）"
_COURT: Final = r"(?P<court>[\u4e00-\u9fff]{0,8}?)"
_KIND: Final = r"(?P<kind>刑(?:(?![字第])[\u4e00-\u9fff]){1,3})"
_ANY_KIND: Final = _KIND.replace("{1,3}", "{0,3}")
_NUMBER: Final = r"(?P<number>[0-9]{1,6})号"
_WRITE: Final = "if the judgment bears this out, write （{year}）{court}{kind}字第{number}号"


@dataclass(frozen=True, slots=True)
class Form:
    """A form: the rule it breaks, how a whole number in it looks after `_normalise`, and the sentence about it."""

    rule: str
    pattern: str
    says: str

    def message(self, written: str) -> str | None:
        """Return the sentence about a number in this form, or None for a number in another."""
        found = re.fullmatch(self.pattern, written)
        if found is None:
            return None
        parts = found.groupdict()
        return self.says.format(**parts | {"year": _four_digits(parts.get("year", ""))})


FORMS: Final = (
    Form(
        "TYPE",
        r".*(?:检|劳教|行罚|拘通|公（[^（）]+）).*",
        "is the number of a document of the prosecution or police: give that of the judgment (刑初, 刑终, ...)",
    ),
    Form(
        "TYPE",
        f"{_YEAR}{_COURT}{_KIND}[字第]?{_NUMBER}",
        "the old form writes 字第 before the number: " + _WRITE,
    ),
    Form(
        "TYPE",
        f"{_YEAR}{_COURT}(?P<kind>刑)字?第?{_NUMBER}",
        "is an older form that names no stage: add it from the judgment, as in （{year}）{court}刑初字第{number}号; "
        "where nobody can tell, name judgment_number in `unknowns`",
    ),
    Form(
        "YEAR",
        f"{_COURT}{_ANY_KIND}字?（{_ANY_YEAR}(?:年度?)?）字?第?{_NUMBER}",
        "is an older form with the year after the court: " + _WRITE,
    ),
    Form(
        "YEAR",
        f"(?!（[0-9]{{4}}）)（?{_ANY_YEAR}(?:年度?)?）?(?:年度?)?{_COURT}{_ANY_KIND}字?第?{_NUMBER}",
        "is an older form by the way it writes the year: " + _WRITE,
    ),
    Form(
        "NUMBER",
        f"{_YEAR}{_COURT}{_KIND}字?第?(?P<number>[零〇○一二三四五六七八九十百千]+)号",
        "is an older form with the number in characters: write “{number}” in digits, as …123号",
    ),
    Form(
        "NUMBER",
        r"（.*?(?P<first>[0-9]+)号?[、,和及至](?:.*第)?(?P<second>[0-9]+)号",
        "names two judgments, {first} and {second}: each makes a record of its own",
    ),
)


def other_form(written: str) -> tuple[str, str] | None:
    """Return (rule, message) for a text in one of the forms, or None; case numbers as they are read are in none."""
    for form in FORMS:
        if says := form.message(written):
            return form.rule, says
    return None


def _four_digits(year: str) -> str:
    """Return a year of two digits or in characters as four digits, for a message; 49 to 99 are of the last century."""
    digits = "".join(_DIGITS.get(c, c) for c in year)
    return digits if len(digits) != 2 else f"19{digits}" if digits >= "49" else f"20{digits}"
