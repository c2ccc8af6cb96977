"""Read numbers and lengths of time in the forms that documents use: 三年六个月, 一万五千, 1.5万, 5千, 二〇一二, 壹佰.

A text is a value only if all of it is one of the forms in docs/import.md; otherwise it is a fault.
两三个月 (two or three months), 一百五 (a hundred and fifty in speech, a hundred and five on paper), 一万二 and 1,5 mean
different numbers to different people: they are faults.
"""

from __future__ import annotations

import re
from typing import Final

from federation.values.characters import half_width, insist_visible

DIGITS = "零一二三四五六七八九"
_ZERO = "零〇○"
_VALUES = {c: n for n, c in enumerate(DIGITS)} | {"〇": 0, "○": 0}
_UNITS = {"千": 1000, "百": 100, "十": 10}
#: The numerals of cheques (壹贰叁), their traditional and old forms, and 廿 and 卅, as the common characters.
_COMMON: Final = str.maketrans(
    dict(zip("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千", strict=True))
    | dict(zip("貳弍叄參弎陸兩萬億個圓圆", "二二三三三六两万亿个元元", strict=True))
    | {"廿": "二十", "卅": "三十", "卌": "四十"}
)
#: The characters that may occur in a number.
NUMBER = r"[0-9零〇○一二两三四五六七八九十百千万亿,.]+"
#: What may stand before and after a number of yuan.
BEFORE_YUAN, YUAN = "(?:人民币)?[¥￥]?", "元(?:人民币)?[整正]?"
_GAP = re.compile(
    "[0-9零〇○一二两三四五六七八九十百千万亿][,.]? +[,.]?[0-9零〇○一二两三四五六七八九十百千万亿]"
)
_WHOLE = r"(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)"
_FIGURES = re.compile(rf"({_WHOLE})(?:\.0{{1,2}})?")
_WITH_UNIT = re.compile(rf"({_WHOLE})(?:\.([0-9]{{1,8}}))?(百|千|万|百万|千万|亿)")
_SIZES: Final = {"百": 2, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8}
#: Figures between units, as in 1万5千 and 2万零500.
_BETWEEN_UNITS = re.compile(r"(?<![0-9])[1-9][0-9]{0,3}(?![0-9])")
_UNIT = re.compile("[百千万亿]")
#: 一万二 is said for 一万二千.
_SHORTENED = re.compile("[百千万亿][1-9一二两三四五六七八九]元?$")
#: 角, 分 or decimals: 五十元五角, 50.5.
_CENTS = re.compile("[角分]|^[0-9,]+\\.(?!0{1,2}$)[0-9]{1,2}$")
_NEGATIVE = re.compile(rf"[-负(]{NUMBER}[)]?(?:元)?")
#: Digit by digit, as years are written; 〇五 as in a date. Longer numbers with a leading zero, as 〇一一, are faults.
_BY_DIGIT = re.compile(r"[一二三四五六七八九][零〇○一二三四五六七八九]+|[零〇○][零〇○一二三四五六七八九]")
#: A length of years and months, and one with days, inside a longer text.
MONTHS = rf"(?:半年|(?:{NUMBER}年半?)?[零又]?(?:{NUMBER}个?月)?)整?"
LENGTH = rf"(?:半年|(?:{NUMBER}年半?)?[零又]?(?:{NUMBER}个?月)?[零又]?(?:{NUMBER}[日天])?)整?"
#: 三年零个月: whoever writes 零 here goes on with a number.
_NO_MONTHS = re.compile(rf"[年月半][零又]?[{_ZERO}](?:个?月|[日天]|$)")
_HALVES = re.compile(r"([0-9]{1,2})\.5年")
_LENGTH = re.compile(
    rf"(?:(?P<years>{NUMBER})年(?P<half>半)?)?"
    rf"(?:(?:(?<=年)[零又])?(?P<months>{NUMBER})个?月)?"
    rf"(?:(?:(?<=[年月半])[零又])?(?P<days>{NUMBER})[日天])?"
)


def plain(text: str) -> str:
    """Return `text` without white space, with digits and punctuation of half width, and common numerals for 壹贰叁廿.

    Space between two characters of a number is refused: 1 0 may be 10, or a digit may be missing. Raises `ValueError`.
    """
    insist_visible(text)
    half = common_numerals(half_width(text))
    if match := _GAP.search(half):
        raise ValueError(f"{match[0]!r} has a space inside a number: take it out")
    return "".join(half.split())


def common_numerals(text: str) -> str:
    """Return `text` with 一二三 for the numerals of cheques (壹贰叁), 万 for 萬, 二十 for 廿, 元 for 圆."""
    return text.translate(_COMMON)


def number(text: str) -> int:
    """Return the number that the whole text is: 3, 1,500, 5千, 十五, 二〇一二 or 一万五千; raises `ValueError`."""
    if match := _FIGURES.fullmatch(text):
        return _figures(match[1])
    if (match := _WITH_UNIT.fullmatch(text)) and len(match[2] or "") <= (size := _SIZES[match[3]]):
        return _figures(match[1] + (match[2] or "").ljust(size, "0"))
    if _BY_DIGIT.fullmatch(text) and (len(text) >= 4 or any(c in _ZERO for c in text)):
        return int("".join(str(_VALUES[c]) for c in text))
    standard = _standard(_in_characters(text))
    high, hundred_millions, low = standard.rpartition("亿")
    found = _below_100_million(low, text)
    if hundred_millions:
        found += _below_100_million(high, text) * 10**8
    if standard not in _written(found):
        raise _no_number(text)
    return found


def _in_characters(text: str) -> str:
    """Return a text of figures and units (1万5千) with characters for the figures; another text unchanged."""
    if not _UNIT.search(text):
        return text
    return _BETWEEN_UNITS.sub(lambda match: min(_block(int(match[0]))), text)


def _figures(text: str) -> int:
    digits = text.replace(",", "").lstrip("0") or "0"
    if len(digits) > 15:
        raise ValueError(f"{text[:30]!r} has more than fifteen digits")
    return int(digits)


def _no_number(text: str) -> ValueError:
    if _CENTS.search(text):
        return ValueError(f"{text[:30]!r} has less than a whole yuan or unit: give the whole number")
    if _NEGATIVE.fullmatch(text):
        return ValueError(f"{text[:30]!r} is negative: check it, since nothing here counts below zero")
    if _SHORTENED.search(text):
        return ValueError(
            f"{text[:30]!r} may be short for another number: write 一万二千 or 一万零二, not 一万二"
        )
    return ValueError(f"{text[:30]!r} is not a number such as 15, 1,500, 1.5万, 5千, 十五 or 一万五千")


def _standard(text: str) -> str:
    """Return `text` with one character for zero and one for two; 两 is allowed alone or before 百, 千, 万 and 亿."""
    return re.sub(r"两(?=[百千万亿]|$)(?<![十百千万亿零]两$)", "二", re.sub(f"[{_ZERO}]", "零", text))


def _below_100_million(text: str, whole: str) -> int:
    high, ten_thousand, low = text.rpartition("万")
    return (_below(high, whole) * 10_000 if ten_thousand else 0) + (_below(low, whole) if low else 0)


def _below(text: str, whole: str) -> int:
    """Add up digits and units below ten thousand; `number` checks their order, by writing the sum again."""
    total, digit = 0, 0
    for c in text:
        if c in _VALUES:
            digit = _VALUES[c]
        elif c in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[c], 0
        else:
            raise _no_number(whole)
    return total + digit


def _written(found: int) -> set[str]:
    """Return every way to write a number in characters: 零 may be left out where each digit has its unit.

    After 亿 what is below 万 needs its 零, because 一亿五千 is said for 一亿五千万.
    """
    high, low = divmod(found, 10**8)
    if not high:
        return _written_below(low)
    if high >= 10_000:
        return set()
    below = _written_below(low) if low else {""}
    below |= {f"一{form}" for form in below if form.startswith("十")}
    joints = {"零"} if 0 < low < 10**4 else {"", "零"} if 0 < low < 10**7 else {""}
    return {f"{block}亿{joint}{form}" for block in _block(high) for joint in joints for form in below}


def _written_below(found: int) -> set[str]:
    """Return every way to write 0 to 99,999,999."""
    high, low = divmod(found, 10_000)
    if not high:
        return _block(low)
    if not low:
        return {f"{block}万" for block in _block(high)}
    joints = ("",) if low >= 1000 else ("零",) if low < 10 else ("", "零")
    blocks = _block(low) | ({f"一{block}" for block in _block(low) if block.startswith("十")})
    return {f"{a}万{joint}{b}" for a in _block(high) for joint in joints for b in blocks}


def _block(found: int) -> set[str]:
    """Return every way to write 0 to 9999."""
    if found < 10:
        return {DIGITS[found]}
    text, gap, forms = "", False, {""}
    rest = found
    for unit, size in _UNITS.items():
        digit, rest = divmod(rest, size)
        if digit:
            joints = ("", "零") if gap and text else ("",)
            text = DIGITS[digit] + unit
            forms = {f"{form}{joint}{text}" for form in forms for joint in joints}
            gap = False
        else:
            gap = bool(text)
    if rest:
        forms = {f"{form}{'零' if gap else ''}{DIGITS[rest]}" for form in forms}
    return forms | ({form.removeprefix("一") for form in forms} if 10 <= found < 20 else set())


def length(text: str) -> tuple[int, int]:
    """Return (whole months, further days) of 三年六个月, 1年, 十五天, 三年半, 半年 or 1.5年; raises `ValueError`.

    A half year must come last: 三年半 is 42 months, 三年半六个月 is a fault.
    """
    text = text.removesuffix("整")
    if text == "半年":
        return 6, 0
    if match := _HALVES.fullmatch(text):
        return number(match[1]) * 12 + 6, 0
    if _NO_MONTHS.search(text):
        raise ValueError(f"{text[:30]!r} may have lost a digit after 零: write 三年, or the months")
    match = _LENGTH.fullmatch(text)
    if match is None or not any(match[part] for part in ("years", "months", "days")):
        raise ValueError(f"{text[:30]!r} is not a length such as 三年六个月")
    if match["half"] and (match["months"] or match["days"]):
        raise ValueError(f"{text[:30]!r} has more after the half year: write 三年六个月")
    years, months, days = (number(match[part]) if match[part] else 0 for part in ("years", "months", "days"))
    return years * 12 + months + (6 if match["half"] else 0), days
