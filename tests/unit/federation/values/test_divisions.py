"""Codes of divisions and areas have one form at every door."""

from __future__ import annotations

import pytest

from federation.values.divisions import check_area, check_division


@pytest.mark.parametrize("code", ["110105", "990000", "000000"])
def test_r28_six_digits_are_a_division(code: str) -> None:
    check_division(code)


@pytest.mark.parametrize("code", ["", "1101", "1101050", "11010a", "１１０１０５", "110105\n", "-11010"])
def test_r28_anything_else_is_no_division(code: str) -> None:
    with pytest.raises(ValueError, match="six digits"):
        check_division(code)


@pytest.mark.parametrize(("prefix", "least"), [("1", 1), ("11", 2), ("1101", 2), ("110105", 2)])
def test_the_first_digits_of_a_code_are_an_area(prefix: str, least: int) -> None:
    check_area(prefix, least=least)


@pytest.mark.parametrize(("prefix", "least"), [("", 1), ("1", 2), ("1101050", 1), ("11a", 1), ("１１", 1)])
def test_anything_else_is_no_area(prefix: str, least: int) -> None:
    with pytest.raises(ValueError, match="first digits"):
        check_area(prefix, least=least)
