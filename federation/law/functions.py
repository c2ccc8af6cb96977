"""The function in which an organ of justice administration asks: only execution opens a seal (A9, 刑法 94)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from federation.errors import FieldViolation

FUNCTIONS: Final = ("execution", "lawyer_administration", "notary_administration")
"""The functions that a question may name; "execution" stands for prisons and community correction."""


def function_violations(function: str) -> Iterator[FieldViolation]:
    """Yield what is wrong with the function that a question or reading names; "" means that none is named."""
    if function and function not in FUNCTIONS:
        yield FieldViolation("organ_function", "A9", f"one of {', '.join(FUNCTIONS)}")
