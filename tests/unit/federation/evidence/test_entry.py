"""Entries have one canonical text and leaves that tell nothing."""

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import Corrupt
from federation.evidence.entry import MEANING, EntryKind, body_bytes, new_salt, read_body, salted_leaf

AT = "2026-01-01T00:00:00.000000Z"


def test_a_body_is_canonical_whatever_the_order_of_its_fields() -> None:
    one = body_bytes(EntryKind.ENTERED, AT, officer="王", version=1, digests=["a", "b"])
    other = body_bytes("entered", AT, digests=["a", "b"], version=1, officer="王")
    assert (
        one
        == other
        == f'{{"at":"{AT}","digests":["a","b"],"kind":"entered","officer":"王","version":1}}'.encode()
    )


@pytest.mark.parametrize("value", [1.5, None, b"bytes", [0.1], {"x": None}, {1: "x"}])
def test_values_without_a_canonical_text_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="log entry"):
        body_bytes("entered", AT, field=value)  # type: ignore[arg-type]


plain = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


@given(plain)
def test_every_body_reads_back_as_written(value: list[str]) -> None:
    body = body_bytes("entered", AT, field=value)
    assert read_body(body) == {"kind": "entered", "at": AT, "field": value}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"kind": "x"}', b'{"kind":"x","kind":"y"}', b'{"kind":1}', b"\xff"]
)
def test_a_body_that_is_not_canonical_is_corrupt(body: bytes) -> None:
    with pytest.raises(Corrupt):
        read_body(body)


def test_a_leaf_is_the_hash_over_domain_salt_and_body() -> None:
    salt, body = bytes(range(32)), b"{}"
    assert salted_leaf(salt, body) == sha256(b"\x00" + salt + body).digest()


def test_the_same_body_under_another_salt_is_another_leaf() -> None:
    body = body_bytes("shown", AT)
    assert salted_leaf(new_salt(), body) != salted_leaf(new_salt(), body)


def test_a_salt_has_one_length_so_that_salt_and_body_cannot_be_shifted() -> None:
    for salt in (b"", bytes(31), bytes(33)):
        with pytest.raises(Corrupt):
            salted_leaf(salt, b"{}")


def test_every_kind_says_what_it_accounts_for() -> None:
    assert set(MEANING) == set(EntryKind)
    assert json.dumps([kind.value for kind in EntryKind])
