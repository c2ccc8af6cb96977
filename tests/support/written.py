"""Every form in which a day, a number or a length of time may be written, made apart from the readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product

DIGITS = "零一二三四五六七八九"
WIDE = str.maketrans("0123456789-/.: ", "０１２３４５６７８９－／．：　")
MIDNIGHTS = (
    "0:00",
    "00:00",
    "00:00:00",
    "0:00:00.000",
    "00:00:00Z",
    "00:00:00+08:00",
    "00:00:00.000000 +0800",
)
ZEROS = "零〇○"
CHEQUE = str.maketrans("一二三四五六七八九十百千万", "壹贰叁肆伍陆柒捌玖拾佰仟萬")


def by_digit(number: int) -> str:
    """Return 二零一二 for 2012."""
    return "".join(DIGITS[int(c)] for c in str(number))


def in_characters(number: int) -> str:
    """Return the standard form of 1 to 99,999,999, with 零 where digits are skipped."""
    high, low = divmod(number, 10_000)
    if high:
        gap = "零" if 0 < low < 1000 else ""
        tail = in_characters(low) if low else ""
        return f"{in_characters(high)}万{gap}{'一' if tail.startswith('十') else ''}{tail}"
    text, skipped = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, low = divmod(low, size)
        if digit:
            text += ("零" if skipped and text else "") + DIGITS[digit] + unit
            skipped = False
        else:
            skipped = True
    return text[1:] if text.startswith("一十") else text


def day_forms(day: date) -> Iterator[str]:
    """Yield the day in every form without space; all of them mean it."""
    year, month, number = day.year, day.month, day.day
    months, days = ({str(n), f"{n:02d}"} for n in (month, number))
    for mark, m, d in product("-/.", months, days):
        yield f"{year}{mark}{m}{mark}{d}"
    yield f"{year}{month:02d}{number:02d}"
    written_days = days | {in_characters(number)}
    written_months = months | {in_characters(month)}
    for found, n in ((written_months, month), (written_days, number)):
        tens, ones = divmod(n, 10)
        for zero in ZEROS + "O":
            if not tens:
                found.add(zero + DIGITS[ones])
            elif not ones:
                found.add(DIGITS[tens] + zero)
    years = [str(year), *(by_digit(year).replace("零", zero) for zero in ZEROS + "O")]
    for y, m, d in product(years, written_months, written_days):
        yield f"{y}年{m}月{d}日"


def number_forms(number: int) -> Iterator[str]:
    """Yield a number in every form; those that skip a 零 are among them where each digit has its unit."""
    yield from (str(number), f"{number:,}", f"0{number}", f"{number}.0", f"{number:,}.00")
    if number % 10_000 == 0 and number:
        yield from (f"{number // 10_000}万", f"{number // 10_000}.0万")
    elif number % 100 == 0 and number > 100:
        yield f"{number / 10_000:.2f}万"
    if number % 1000 == 0 and number:
        yield from (f"{number // 1000}千", f"{number // 1000}.0千")
    elif number % 100 == 0 and number:
        yield from (f"{number // 100}百", f"{number / 1000:.1f}千")
    if number:
        text = in_characters(number)
        yield from {text, text.replace("零", "〇"), text.translate(CHEQUE), text.replace("二十", "廿")}
        high, low = divmod(number, 10_000)
        if high and not low % 1000:
            yield f"{high}万{low // 1000}千" if low else f"{high}万"
        if high and low:
            yield f"{high}万{'零' if low < 1000 else ''}{low}"
        for unit in "百千万":
            if text.startswith(f"二{unit}"):
                yield "两" + text[1:]
    if number == 2:
        yield "两"
    if "0" in str(number) and number > 9:
        yield by_digit(number).replace("零", "〇")
    if number > 999:
        yield by_digit(number)
