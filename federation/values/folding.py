"""Fold a text until it stays as it is: what one step leaves, another step may still change."""

from __future__ import annotations

from collections.abc import Callable


def folded(text: str, fold: Callable[[str], str]) -> str:
    """Return the first of `text`, `fold(text)`, `fold(fold(text))` and so on that `fold` does not change."""
    while (changed := fold(text)) != text:
        text = changed
    return text
