"""Whether two names may be those of one court: it is written with its province and city or without (朝阳区法院)."""

from __future__ import annotations

import unicodedata


def court_key(name: str) -> str:
    """Return a court's name for comparison, without differences of width and spaces, and without 人民."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold().replace("人民法院", "法院")


def may_be_one_court(one: str, other: str) -> bool:
    """Say whether the names may be of one court: equal, or one with more in front; "" may be any court.

    A short name may be that of several courts (朝阳区 lies in Beijing and in Changchun): this alone is no proof.
    """
    first, second = court_key(one), court_key(other)
    return first.endswith(second) or second.endswith(first)
