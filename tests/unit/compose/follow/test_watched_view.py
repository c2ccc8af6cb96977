"""A view is read by its cursor: each row once, among equal cursors too, and after any interruption."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from compose.bulk.map_file import load_map
from compose.bulk.source import open_source
from compose.follow import watched_view
from compose.follow.spool import Spool
from compose.follow.view_rows import as_line
from compose.follow.view_store import ViewStore
from compose.follow.watched_view import WatchedView
from federation.errors import InvalidRequest, Unavailable
from tests.support.records import Someone
from tests.support.tables import MAP, row


class World:
    """A small database with one view, and the state of its follower."""

    def __init__(self, home: Path) -> None:
        self.file, self.spool = home / "other.db", Spool(home / "state")
        (home / "state" / "parts").mkdir(parents=True)
        self.missed: list[int] = []
        self.run('CREATE TABLE t (n, "文本")')
        self.run("CREATE VIEW v AS SELECT * FROM t")

    def run(self, sql: str, *values: object) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute(sql, values)

    def add(self, *rows: tuple[object, str]) -> None:
        for each in rows:
            self.run("INSERT INTO t VALUES (?, ?)", *each)

    def view(self, view: str = "v", cursor: str = "n", look_back: int = 1000) -> WatchedView:
        def fit(columns: Sequence[str]) -> None:
            assert list(columns) == ["n", "文本"]

        store = ViewStore(f"sqlite:///{self.file}", view, cursor)
        return WatchedView(
            store,
            self.spool,
            name=view,
            cursor=cursor,
            look_back=look_back,
            fit=fit,
            report=self.missed.append,
        )

    def take(self, look_back: int = 1000) -> list[str]:
        """Return the texts of every part that a new follower is given."""
        found, view = list[str](), self.view(look_back=look_back)
        while (part := view.next()) is not None:
            found += [json.loads(line)["文本"] for line in part.read_text("utf-8").splitlines()]
            self.spool.finish()
        return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_rows_come_in_the_order_of_the_cursor_each_once(world: World) -> None:
    world.add((2, "b"), (1, "a"))
    assert world.take() == ["a", "b"]
    assert world.take() == []
    world.add((3, "c"))
    assert world.take() == ["c"]


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_equal_cursors_lose_nothing_and_repeat_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(watched_view, "MOST_ROWS", most)
    world.add(*((1, f"first {n}") for n in range(4)), (2, "x"), (2, "y"), (2, "y"))
    assert sorted(world.take()) == [*(f"first {n}" for n in range(4)), "x", "y"]
    world.add((2, "z"), (2, "x"))
    assert world.take() == ["z"]


def test_a_row_that_is_committed_late_with_a_smaller_cursor_is_taken(world: World) -> None:
    world.add(*((n, f"{n}") for n in (1, 2, 4, 6)))
    assert world.take() == ["1", "2", "4", "6"]
    world.add((5, "late"), (3, "later"), (0, "latest"), (7, "next"))
    assert world.take() == ["latest", "later", "late", "next"]
    assert world.take() == []


@pytest.mark.parametrize(("look_back", "found"), [(0, []), (2, []), (3, ["late"]), (100, ["late"])])
def test_a_late_row_is_found_among_as_many_rows_as_the_map_says(
    world: World, look_back: int, found: list[str]
) -> None:
    world.add(*((n, f"{n}") for n in range(0, 20, 2)))
    assert len(world.take(look_back)) == 10
    world.add((15, "late"))
    assert world.take(look_back) == found
    kept = sum(len(digests) for _, digests in world.spool.taken["rows"])
    assert kept <= max(look_back, 1)


@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize("look_back", [0, 1, 4])
def test_many_late_rows_come_in_parts_and_none_is_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch, most: int, look_back: int
) -> None:
    monkeypatch.setattr(watched_view, "MOST_ROWS", most)
    world.add((10, "10"), (20, "20"), (30, "30"), (40, "40"))
    assert world.take(100) == ["10", "20", "30", "40"]
    world.add(*((n, f"{n}") for n in (5, 11, 12, 12, 13, 31, 50)), (12, "another"))
    assert sorted(world.take(look_back)) == sorted(["5", "11", "12", "13", "31", "50", "another"])
    assert world.take(look_back) == []


def test_a_row_that_is_changed_or_removed_among_the_last_is_no_other_row(world: World) -> None:
    world.add((1, "a"), (2, "b"), (3, "c"))
    assert world.take() == ["a", "b", "c"]
    world.run("DELETE FROM t WHERE n = 3")
    assert world.take() == []
    world.run("UPDATE t SET \"文本\" = 'changed' WHERE n = 1")
    assert world.take() == ["changed"]


@pytest.mark.parametrize("later", ["2024-02-30 ", "2024-03-01T00:00:00", "十", 7.5])
def test_cursors_of_other_kinds_are_kept_as_they_are(world: World, later: object) -> None:
    world.add((later, "a"))
    assert world.take() == ["a"]
    assert world.take() == []


def test_a_part_that_was_not_finished_is_given_again_as_it_was(world: World) -> None:
    world.add((1, "a"))
    part = world.view().next()
    world.add((1, "b"))
    assert part is not None
    assert Spool(world.spool.folder).under_way() == part
    world.spool.finish()
    assert world.take() == ["b"]


def test_long_rows_come_in_parts_that_fit_into_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_view, "MOST_CHARACTERS", 1000)
    rows = [(1 + n // 3, f"{n}" * 600) for n in range(9)]
    world.add(*rows)
    first = world.view().next()
    assert first is not None
    assert len(first.read_text("utf-8").splitlines()) == 2
    world.spool.finish()
    assert sorted(world.take()) == [text for _, text in rows][2:]


def test_rows_without_a_cursor_are_counted(world: World) -> None:
    world.add((None, "a"), (1, "b"), (None, "c"))
    assert world.take() == ["b"]
    assert world.missed == [2]


def test_what_is_missing_is_named(world: World) -> None:
    with pytest.raises(InvalidRequest, match="no view w"):
        world.view("w").next()
    with pytest.raises(InvalidRequest, match="it has n, 文本"):
        world.view(cursor="m").next()
    with pytest.raises(InvalidRequest, match="no address"):
        ViewStore("somewhere", "v", "n")
    with pytest.raises(InvalidRequest, match="driver"):
        ViewStore("oracle99://somewhere", "v", "n")


def test_a_state_of_something_else_is_named(world: World) -> None:
    world.add((1, "a"))
    for window in ([[{"kind": "date", "value": "x"}, []]], [[{"kind": "decimal", "value": "x"}, []]], [1], 1):
        world.spool.note({"rows": window, "dropped": True})
        with pytest.raises(InvalidRequest, match="another folder"):
            world.view().next()


def test_many_rows_with_one_cursor_take_no_room_from_those_after_them(world: World) -> None:
    """A transaction may give thousands of rows one time, and a day is a cursor too: rows still come at and after it."""
    world.add(*((1, f"first {n}") for n in range(9)), (5, "5"))
    assert len(world.take(3)) == 10
    world.add((3, "between"), (1, "at the same time"))
    assert world.take(3) == ["at the same time", "between"]
    world.add((7, "7"))
    assert world.take(3) == ["7"]
    world.add((1, "beyond"), (3, "another"))
    assert world.take(3) == ["another"]


@pytest.mark.parametrize("encoding", ["", "utf-8", "gb18030"])
def test_rows_of_a_view_are_read_in_no_encoding_of_files(tmp_path: Path, encoding: str) -> None:
    """One map serves the files of a system and its view."""
    someone, map_file = Someone(name="欧阳锋"), tmp_path / "map.toml"
    named = f'[format]\nencoding = "{encoding}"' if encoding else "[format]"
    map_file.write_text(MAP.read_text("utf-8").replace("[format]", named, 1), "utf-8")
    part = Spool(tmp_path).folder / "v.jsonl"
    part.write_text(as_line(row(someone)) + "\n", "utf-8")
    [item] = open_source(part, load_map(map_file)).items()
    assert item.record is not None, item.faults
    assert item.record.person.names[0].text == someone.name


def test_where_one_view_ended_says_nothing_of_another(world: World) -> None:
    """Nor does it of another cursor of the same view: smaller values of that would never be read."""
    world.add((5, "a"))
    assert world.take() == ["a"]
    world.run("CREATE VIEW w AS SELECT * FROM t")
    for view, cursor in (("w", "n"), ("v", "文本")):
        with pytest.raises(InvalidRequest, match="that of v by n: name another folder"):
            world.view(view, cursor).next()
    assert world.take() == []


def test_a_row_comes_late_also_where_those_below_it_left_the_view(world: World) -> None:
    """A view may show what is new alone. What was forgotten stays forgotten, and nothing else."""
    world.add(*((n, f"{n}") for n in range(0, 20, 2)))
    assert len(world.take(4)) == 10
    world.run("DELETE FROM t WHERE n < 18")
    for n in (20, 22):
        world.add((n, f"{n}"))
        assert world.take(4) == [f"{n}"]
    world.add((13, "late"), (11, "beyond"))
    assert world.take(4) == ["late"]


def test_a_database_that_is_down_is_unavailable_and_goes_on_later(world: World) -> None:
    world.add((1, "a"))
    view, aside = world.view(), world.file.with_name("aside.db")
    world.file.rename(aside)
    with pytest.raises(Unavailable, match="not there"):
        view.next()
    world.file.mkdir()
    with pytest.raises(Unavailable, match="cannot be read"):
        view.next()
    world.file.rmdir()
    aside.rename(world.file)
    assert world.take() == ["a"]
