"""Strict reading of JSON that somebody else wrote: no repeated keys, only numbers, no lone surrogates, bounded."""

from __future__ import annotations

import json
from collections import Counter
from math import isfinite
from typing import Any, Final

#: Objects and arrays inside each other; messages of the contract nest a dozen deep at most.
MOST_NESTED: Final = 64


class NotStrict(ValueError):
    """The text is JSON that some reader would refuse, or that two readers could take for two values."""


class RepeatedKey(NotStrict):
    """An object has a key twice; which of the two values counts is left to the reader."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key[:60]!r} is named twice in one object: leave one of them")
        self.key = key


def parse_json(text: bytes | str) -> Any:
    """Return the JSON value of `text`, which as bytes is UTF-8.

    Raises `NotStrict`, `RepeatedKey`, and for anything else that is no JSON another `ValueError`.
    """
    content = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    try:
        value = json.loads(
            content, object_pairs_hook=_unrepeated, parse_constant=_no_constant, parse_float=_finite
        )
    except RecursionError:
        raise NotStrict(_too_deep()) from None
    except (json.JSONDecodeError, NotStrict):
        raise
    except ValueError:
        raise NotStrict("holds a number with too many digits") from None
    if content.count("[") + content.count("{") > MOST_NESTED:
        _insist_shallow(value)
    if "\\u" in content:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise NotStrict("holds half a surrogate pair: surrogates are no characters") from None
    return value


def difference(shown: Any, signed: Any, place: str) -> str | None:
    """Return where two JSON values first differ, or None; 1, 1.0 and true are three values."""
    if isinstance(shown, dict) and isinstance(signed, dict):
        for key in [*signed, *(key for key in shown if key not in signed)]:
            if key not in shown or key not in signed:
                return f"{place}.{key[:64]}"
            found = difference(shown[key], signed[key], f"{place}.{key}")
            if found:
                return found
        return None
    if isinstance(shown, list) and isinstance(signed, list):
        if len(shown) != len(signed):
            return place
        pairs = enumerate(zip(shown, signed, strict=True))
        return next((f for n, (a, b) in pairs if (f := difference(a, b, f"{place}[{n}]"))), None)
    return None if type(shown) is type(signed) and shown == signed else place


def _insist_shallow(value: Any) -> None:
    level = [value]
    for _ in range(MOST_NESTED):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise NotStrict(_too_deep())


def _too_deep() -> str:
    return f"more than {MOST_NESTED} objects and lists inside each other"


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise RepeatedKey(next(key for key, count in counts.items() if count > 1))
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise NotStrict(f"{text[:40]} is too large for a number")
    return number


def _no_constant(name: str) -> Any:
    raise NotStrict(f"{name} is no JSON number")
