"""Strict reading of JSON that somebody else wrote: no repeated keys, no NaN, no lone surrogates, bounded nesting."""

from __future__ import annotations

import json
from typing import Any, Final

#: Objects and arrays inside each other; messages of the contract nest a dozen deep at most.
MOST_NESTED: Final = 64


def parse_json(text: bytes | str) -> Any:
    """Return the JSON value of `text`; raises `ValueError` for anything that two readers could take for two values."""
    try:
        value = json.loads(text, object_pairs_hook=_unrepeated, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError(_too_deep()) from None
    content = text.decode() if isinstance(text, bytes) else text
    if content.count("[") + content.count("{") > MOST_NESTED:
        _insist_shallow(value)
    if "\\u" in content:
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is not valid text
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
    raise ValueError(_too_deep())


def _too_deep() -> str:
    return f"more than {MOST_NESTED} objects and lists inside each other"


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
