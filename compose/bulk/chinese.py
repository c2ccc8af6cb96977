"""Numbers and lengths of time as Chinese documents write them: 三年六个月, 一万五千, 二〇一二."""

from __future__ import annotations

import re
import unicodedata

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
#: What a number is written with, in characters or digits.
NUMBER = r"[0-9零〇○一二两三四五六七八九十百千万,.]+"
_LENGTH = re.compile(
    rf"(?:(?P<years>{NUMBER})年(?P<half>半)?)?[零又]?(?:(?P<months>{NUMBER})个?月)?[零又]?(?:(?P<days>{NUMBER})[日天])?"
)


def plain(text: str) -> str:
    """Return `text` without white space, with digits and punctuation of half width."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def number(text: str) -> int:
    """Return what 3, 1,500, 1.5万, 十五, 二〇一二 or 一万五千 says; raises `ValueError`."""
    if re.fullmatch(r"[0-9][0-9,]*", text):
        return int(text.replace(",", ""))
    if re.fullmatch(r"[0-9][0-9,]*(\.[0-9]+)?万", text):
        whole, _, part = text[:-1].replace(",", "").partition(".")
        if len(part) <= 4:
            return int(whole) * 10_000 + int(part.ljust(4, "0"))
    if re.fullmatch(r"[0-9][0-9,]*\.0+", text):
        return int(text.replace(",", "").partition(".")[0])
    if text and all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    high, ten_thousand, low = text.rpartition("万")
    if text and (high or not ten_thousand):
        return (_below_ten_thousand(high) * 10_000 if high else 0) + (_below_ten_thousand(low) if low else 0)
    raise ValueError(f"{text[:30]!r} is not a number")


def _below_ten_thousand(text: str) -> int:
    total, digit, last = 0, None, 10_000
    for c in text:
        if c in _DIGITS and digit in (None, 0):
            digit = _DIGITS[c]
        elif c in _UNITS and _UNITS[c] < last and (digit or (c == "十" and digit is None and total == 0)):
            total, digit, last = total + (digit or 1) * _UNITS[c], None, _UNITS[c]
        else:
            raise ValueError(f"{text[:30]!r} is not a number")
    return total + (digit or 0)


def length(text: str) -> tuple[int, int]:
    """Return (whole months, further days) of 三年六个月, 1年, 十五天 or 三年半; raises `ValueError`."""
    match = _LENGTH.fullmatch(text)
    if match is None or not any(match[part] for part in ("years", "months", "days")):
        raise ValueError(f"{text[:30]!r} is not a length such as 三年六个月")
    years, months, days = (number(match[part]) if match[part] else 0 for part in ("years", "months", "days"))
    return years * 12 + months + (6 if match["half"] else 0), days
