"""A record that the facts of all holders together do not leave open, although one holder shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Withheld:
    """A version of a record that whoever assembles the answer withholds: where it is held, and by which rule."""

    node: str
    record_id: str
    version: int
    rule: str
