"""Ids and digests are read whole: hex digits, as many as there must be, and nothing else."""

from __future__ import annotations

import pytest

from federation.values.hexadecimal import read_hex


@pytest.mark.parametrize("text", ["ab" * 16, "AB" * 16, "aB" * 16])
def test_hex_digits_of_either_case_are_read(text: str) -> None:
    assert read_hex(text, 16) == bytes([0xAB]) * 16


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ab" * 15,
        "ab" * 17,
        "a" * 31,
        "zz" * 16,
        "ab " * 11,
        f" {'ab' * 15} ",
        "０" * 32,
        f"{'ab' * 15}\n\n",
    ],
)
def test_anything_else_is_refused_with_the_number_of_digits(text: str) -> None:
    with pytest.raises(ValueError, match="is not 32 hex digits"):
        read_hex(text, 16)
