"""A record that is withheld on the facts of all holders together, although one holder discloses it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Withheld:
    """A version of a record that is withheld when the answer is assembled: its node, and the rule that withholds it."""

    node: str
    record_id: str
    version: int
    rule: str
