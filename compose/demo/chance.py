"""Repeatable chance: the same seed and name draw the same values, whatever else is drawn."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def chance(seed: int, *names: str) -> random.Random:
    """Return a generator of random numbers that depends on the seed and `names` alone."""
    text = "/".join((str(seed), *names))
    return random.Random(hashlib.sha256(text.encode()).digest())  # noqa: S311 - to be repeated, not to be secret


def one_in(draw: random.Random, count: float) -> bool:
    """Return True once in `count` times on average."""
    return draw.random() * count < 1


def weighted(draw: random.Random, choices: Sequence[tuple[T, int]]) -> T:
    """Return one of the choices, each as often as its weight."""
    return draw.choices([c for c, _ in choices], [w for _, w in choices])[0]
