"""What a node keeps of answers: every disclosure is recalled once it holds no more, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from federation.charter.envelope import OpenedStatement
from federation.values.identity import Role
from node.disclosures import disclosures as at_node
from node.disclosures.waiting_store import handed_in, waiting_for
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.recalling import COURT, JUDGMENT, NODE, RECORD, START, Gateway, Node


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    endpoints = {NODE: "localhost:1", GATEWAY: "localhost:2"}
    return SmallFederation(tmp_path_factory.mktemp("small"), endpoints=endpoints)


@pytest.fixture
def teller(tmp_path: Path, federation: SmallFederation) -> Iterator[tuple[Node, OpenedStatement]]:
    with ExitStack() as stack:
        gateway = Gateway(tmp_path, federation, stack)
        question, _ = gateway.opened(COURT, "/federation.v1.QueryService/Ask", b"x", Role.ASKS)
        folder = tmp_path / "node"
        folder.mkdir()
        yield Node(folder, federation, stack), question


def test_what_is_told_waits_to_be_handed_in_once_it_holds_no_more(
    teller: tuple[Node, OpenedStatement],
) -> None:
    node, question = teller
    node.tell(question, 1, looked_up_at=float("inf"))
    node.change(2, superseded=False)
    assert node.waiting() == 0
    node.change(3, superseded=True)
    assert node.waiting() == 1
    with node.journal.reading() as connection:
        rows = waiting_for(connection, GATEWAY, 10)
        (told_to,) = node.disclosures.of(connection, RECORD)
    assert (told_to.installation, told_to.version, told_to.recalled) == (COURT, 1, True)
    node.journal.run(lambda work: handed_in(work, rows))
    assert node.waiting() == 0
    node.change(4, superseded=True)
    assert node.waiting() == 0


def test_r45_what_changed_between_look_up_and_answer_is_recalled_at_once(
    teller: tuple[Node, OpenedStatement],
) -> None:
    node, question = teller
    node.change(2, superseded=True)  # nobody has been told yet
    node.tell(question, 1, looked_up_at=float("inf"))
    assert node.waiting() == 1


def test_r41_r45_a_text_that_closed_between_look_up_and_answer_is_recalled_at_once(
    teller: tuple[Node, OpenedStatement],
) -> None:
    node, question = teller
    node.close_texts()
    node.tell(question, 1, looked_up_at=float("inf"), text="张三")
    assert node.waiting() == 0, "looked up after the seal, it shows what it may show"
    node.close_texts()
    assert node.waiting() == 1


@pytest.mark.parametrize(("text", "recalled"), [("张三", 1), ("", 0)])
def test_r41_r45_only_who_was_shown_a_text_hears_that_it_closed(
    teller: tuple[Node, OpenedStatement], text: str, recalled: int
) -> None:
    node, question = teller
    node.close_texts()
    node.tell(question, 1, looked_up_at=0.0, text=text)
    assert node.waiting() == recalled


def test_r45_a_closing_beyond_memory_is_a_recall_rather_than_a_miss(
    teller: tuple[Node, OpenedStatement], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, question = teller
    monkeypatch.setattr(at_node, "MOST_CHANGES", 0)
    node.close_texts()
    node.tell(question, 1, looked_up_at=0.0, text="张三")
    assert node.waiting() == 1


@pytest.mark.parametrize("how", ["changed", "closed"])
def test_r45_what_changes_in_the_transaction_of_the_answer_is_recalled_too(
    teller: tuple[Node, OpenedStatement], how: str
) -> None:
    """Commands share transactions: the change may come right after the answer, before anything is written."""
    node, question = teller

    def then(work: Any) -> None:
        if how == "changed":
            node.disclosures.changed(work, RECORD, 2, START, superseded=lambda: True)
        else:
            node.disclosures.texts_closed(work, [JUDGMENT], START)

    node.tell(question, 1, looked_up_at=float("inf"), text="张三", then=then)
    assert node.waiting() == 1


def test_r45_what_may_have_changed_beyond_memory_is_recalled_rather_than_missed(
    teller: tuple[Node, OpenedStatement], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, question = teller
    monkeypatch.setattr(at_node, "MOST_CHANGES", 0)
    node.change(2, superseded=True)
    node.tell(question, 2, looked_up_at=0.0)
    assert node.waiting() == 1


def test_r45_a_change_that_is_forgotten_takes_no_later_moment_back(
    teller: tuple[Node, OpenedStatement], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that has seen many changes forgets the oldest at each new one: an undone merge counts all the same."""
    node, question = teller
    monkeypatch.setattr(at_node, "MOST_CHANGES", 1)
    node.change(1, superseded=True)
    looked_up_at = time.monotonic()

    def undo(work: Any) -> None:
        node.disclosures.taken_apart(work, [RECORD], [b"other".ljust(16)], START)
        node.disclosures.changed(work, b"third".ljust(16), 2, START, superseded=lambda: True)

    node.journal.run(undo)
    node.tell(question, 1, looked_up_at=looked_up_at)
    assert node.waiting() == 1
