"""The tree against the published certificate-transparency vectors, and against its own definition."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import Corrupt
from federation.evidence.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    path_of,
    reader_of,
    root_of,
    verify_consistency,
    verify_inclusion,
)

VECTORS = json.loads((Path(__file__).parents[4] / "proto/vectors/merkle.json").read_text())
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
NUMBERED = [leaf_hash(n.to_bytes(4, "big")) for n in range(4096)]


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


def test_the_empty_tree_has_the_published_root() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == EMPTY_ROOT == Frontier().root()


@pytest.mark.parametrize(("size", "root"), list(enumerate(VECTORS["roots"])))
def test_the_well_known_leaves_have_the_published_roots(size: int, root: str) -> None:
    assert root_of(LEAVES[:size]).hex() == root


@pytest.mark.parametrize("case", VECTORS["inclusion"])
def test_audit_paths_are_the_published_ones(case: dict[str, object]) -> None:
    index, size = case["index"], case["size"]
    assert isinstance(index, int)
    assert isinstance(size, int)
    path = path_of(LEAVES[:size], index)
    assert [item.hex() for item in path] == case["path"]
    verify_inclusion(LEAVES[index], index, size, path, root_of(LEAVES[:size]))


@pytest.mark.parametrize("case", VECTORS["consistency"])
def test_consistency_proofs_are_the_published_ones(case: dict[str, object]) -> None:
    first, second = case["first"], case["second"]
    assert isinstance(first, int)
    assert isinstance(second, int)
    path = consistency_path(first, second, reader_of(LEAVES))
    assert [item.hex() for item in path] == case["path"]
    verify_consistency(first, second, root_of(LEAVES[:first]), root_of(LEAVES[:second]), path)


def test_every_tree_of_up_to_seventy_leaves_is_as_defined_and_proves_all_its_leaves() -> None:
    subtree = reader_of(NUMBERED[:70])
    for size in range(71):
        root = by_definition(NUMBERED[:size])
        assert root_of(NUMBERED[:size]) == root
        assert Frontier.read(size, subtree).root() == root
        for index in range(size):
            verify_inclusion(NUMBERED[index], index, size, inclusion_path(index, size, subtree), root)


def test_every_tree_of_up_to_seventy_leaves_extends_every_smaller_one() -> None:
    subtree = reader_of(NUMBERED[:70])
    roots = [root_of(NUMBERED[:size]) for size in range(71)]
    for second in range(71):
        for first in range(second + 1):
            path = consistency_path(first, second, subtree)
            verify_consistency(first, second, roots[first], roots[second], path)


@given(st.integers(1, 4096), st.data())
def test_large_trees_prove_any_leaf_and_any_earlier_state(size: int, data: st.DataObject) -> None:
    subtree = reader_of(NUMBERED[:size])
    frontier = Frontier.read(size, subtree)
    index = data.draw(st.integers(0, size - 1))
    verify_inclusion(NUMBERED[index], index, size, inclusion_path(index, size, subtree), frontier.root())
    earlier = Frontier.read(index, subtree).root()
    verify_consistency(index, size, earlier, frontier.root(), consistency_path(index, size, subtree))


@given(st.integers(0, 300), st.integers(0, 40))
def test_a_restored_frontier_goes_on_as_if_it_had_never_stopped(before: int, after: int) -> None:
    frontier = Frontier()
    for leaf in NUMBERED[:before]:
        frontier.append(leaf)
    restored = Frontier(before, frontier.roots)
    tried = restored.copy()
    for leaf in NUMBERED[before : before + after]:
        assert restored.append(leaf) == frontier.append(leaf)
    assert restored.root() == frontier.root()
    assert (tried.size, tried.root()) == (before, root_of(NUMBERED[:before]))


@given(st.integers(2, 200), st.data())
def test_a_changed_bit_of_a_path_is_found(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = path_of(NUMBERED[:size], index)
    step = data.draw(st.integers(0, len(path) - 1))
    bit = data.draw(st.integers(0, 255))
    number = int.from_bytes(path[step], "big") ^ 1 << bit
    path[step] = number.to_bytes(32, "big")
    with pytest.raises(Corrupt):
        verify_inclusion(NUMBERED[index], index, size, path, root_of(NUMBERED[:size]))


def test_a_path_for_another_leaf_place_or_size_is_refused() -> None:
    root = root_of(NUMBERED[:7])
    path = path_of(NUMBERED[:7], 3)
    for leaf, index, size in [(4, 3, 7), (3, 4, 7), (3, 3, 15), (3, 7, 7), (3, -1, 7), (3, 0, 0)]:
        with pytest.raises(Corrupt):
            verify_inclusion(NUMBERED[leaf], index, size, path, root)


@pytest.mark.parametrize("change", ["short", "long", "cut", "swapped"])
def test_a_path_of_another_shape_is_refused(change: str) -> None:
    path = path_of(NUMBERED[:7], 3)
    shaped = {
        "short": path[:-1],
        "long": [*path, EMPTY_ROOT],
        "cut": [path[0][:31], *path[1:]],
        "swapped": path[::-1],
    }[change]
    with pytest.raises(Corrupt):
        verify_inclusion(NUMBERED[3], 3, 7, shaped, root_of(NUMBERED[:7]))


@pytest.mark.parametrize(("first", "second"), [(0, 5), (3, 3), (3, 7), (4, 7), (6, 8), (8, 8)])
def test_a_rewritten_past_is_refused(first: int, second: int) -> None:
    path = consistency_path(first, second, reader_of(NUMBERED[:second]))
    old, new = root_of(NUMBERED[:first]), root_of(NUMBERED[:second])
    rewritten = root_of([LEAVES[0], *NUMBERED[1 : max(first, 2)]])
    with pytest.raises(Corrupt):
        verify_consistency(first, second, rewritten, new, path)
    with pytest.raises(Corrupt):
        verify_consistency(first, second, old, rewritten, path if first else [EMPTY_ROOT])
    with pytest.raises(Corrupt):
        verify_consistency(first, second, old, new, [*path, EMPTY_ROOT])
    if path:
        with pytest.raises(Corrupt):
            verify_consistency(first, second, old, new, path[:-1])


def test_a_log_cannot_shrink() -> None:
    with pytest.raises(Corrupt):
        verify_consistency(5, 3, EMPTY_ROOT, EMPTY_ROOT, [])
    with pytest.raises(Corrupt):
        consistency_path(5, 3, reader_of(NUMBERED[:5]))


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    for size, roots in [(3, [EMPTY_ROOT]), (1, [b"short"]), (-1, [])]:
        with pytest.raises(Corrupt):
            Frontier(size, roots)
    with pytest.raises(Corrupt):
        Frontier().append(b"not a hash")
