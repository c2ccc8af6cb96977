"""Read digests and other long names as people type them: whole, or only the beginning."""

from __future__ import annotations

from collections.abc import Iterable

from federation.errors import InvalidRequest
from federation.values.hexadecimal import read_hex


def whole(digits: str, known: Iterable[str], field: str) -> str:
    """Return the one of `known` that begins with `digits`; raises `InvalidRequest` for none or several."""
    fitting = [each for each in known if each.startswith(digits.lower())] if len(digits) >= 8 else []
    if len(fitting) != 1:
        raise InvalidRequest.of(
            field,
            "KNOWN",
            f"{len(fitting)} begin with {digits[:64]!r}: give at least 8 digits, enough to mean one of the list",
        )
    return fitting[0]


def parse_digest(text: str) -> bytes:
    """Return the 32 bytes of a digest in hex; raises `InvalidRequest`."""
    try:
        return read_hex(text, 32)
    except ValueError as error:
        raise InvalidRequest.of("digest", "FORMAT", f"{error}: take it from the receipt (--json)") from None
