"""A view of a real PostgreSQL server is followed: every kind of cursor, and transactions that last long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from compose.follow.spool import Spool
from compose.follow.view_store import ViewStore
from compose.follow.watched_view import WatchedView
from federation.errors import InvalidRequest, Unavailable
from tests.support.postgresql import postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as address:
        yield address


class World:
    """A view `out.judgments` in a real database, and the state of its follower."""

    def __init__(self, address: str, home: Path) -> None:
        self.address, self.spool, self.missed = address, Spool(home / "state"), list[int]()
        (home / "state" / "parts").mkdir(parents=True)
        self.engine = create_engine(make_url(address).set(drivername="postgresql+psycopg"))

    def make(self, kind: str) -> None:
        """Make the view anew, with a cursor of this kind."""
        with self.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS out CASCADE"))
            connection.execute(text("CREATE SCHEMA out"))
            connection.execute(text(f'CREATE TABLE out.t (n {kind}, "文本" text)'))
            connection.execute(text("CREATE VIEW out.judgments AS SELECT * FROM out.t"))

    @staticmethod
    def add(connection: Connection, cursor: object, name: str) -> None:
        connection.execute(text("INSERT INTO out.t VALUES (:n, :t)"), {"n": cursor, "t": name})

    def view(self, name: str = "out.judgments", cursor: str = "n") -> WatchedView:
        store = ViewStore(self.address, name, cursor)
        return WatchedView(
            store,
            self.spool,
            name=name,
            cursor=cursor,
            look_back=1000,
            fit=lambda columns: None,
            report=self.missed.append,
        )

    def take(self) -> list[str]:
        """Return the texts of every part that a new follower is given."""
        found, view = list[str](), self.view()
        while (part := view.next()) is not None:
            found += [json.loads(line)["文本"] for line in part.read_text("utf-8").splitlines()]
            self.spool.finish()
        return found


@pytest.fixture
def world(server: str, tmp_path: Path) -> Iterator[World]:
    made = World(server, tmp_path)
    yield made
    made.engine.dispose()


def test_a_transaction_that_lasts_longer_than_a_later_one_loses_no_row(world: World) -> None:
    world.make("bigserial")
    number = "INSERT INTO out.t (\"文本\") VALUES ('{}')"
    with world.engine.connect() as slow, world.engine.connect() as quick:
        slow.execute(text(number.format("slow")))
        quick.execute(text(number.format("quick")))
        quick.commit()
        assert world.take() == ["quick"]
        slow.commit()
    assert world.take() == ["slow"]
    assert world.take() == []


@pytest.mark.parametrize(
    ("kind", "cursors"),
    [
        ("bigint", ["1", "9", "9", "10"]),
        ("numeric(20,3)", ["1.5", "9.250", "10"]),
        ("double precision", ["1.5", "9.25", "10"]),
        ("date", ["2024-02-29", "2024-03-01"]),
        ("timestamp", ["2024-02-29 10:00", "2024-02-29 10:00:00.000001"]),
        ("timestamptz", ["2024-02-29 10:00+08", "2024-02-29 10:00:00.000001+08"]),
        ("text", ["A9", "a10", "一", "十"]),
        ("uuid", []),
    ],
)
def test_a_cursor_of_any_kind_with_an_order_is_followed(world: World, kind: str, cursors: list[str]) -> None:
    world.make(kind)
    if not cursors:
        with world.engine.begin() as connection:
            connection.execute(text("INSERT INTO out.t VALUES (gen_random_uuid(), 'a')"))
        with pytest.raises(InvalidRequest, match="take a column of numbers"):
            world.take()
        return
    with world.engine.begin() as connection:
        for n, cursor in enumerate(cursors[:-1]):
            world.add(connection, cursor, f"{n}")
    assert sorted(world.take()) == sorted(f"{n}" for n in range(len(cursors) - 1))
    with world.engine.begin() as connection:
        world.add(connection, cursors[-1], "last")
        world.add(connection, cursors[0], "late")
        world.add(connection, None, "nowhere")
    assert world.take() == ["late", "last"]
    assert (world.take(), world.missed) == ([], [1, 1])


def test_a_view_that_is_missing_or_a_server_that_is_gone_is_named(world: World) -> None:
    world.make("bigint")
    with pytest.raises(InvalidRequest, match="no view elsewhere"):
        world.view("out.elsewhere").next()
    with pytest.raises(InvalidRequest, match="it has n, 文本"):
        world.view(cursor="m").next()
    with pytest.raises(Unavailable, match="cannot be read"):
        ViewStore("postgresql://follower@127.0.0.1:1/postgres", "v", "n").columns()


def test_a_user_who_may_not_read_is_told_by_the_database(world: World) -> None:
    world.make("bigint")
    with world.engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS reader"))
        connection.execute(text("CREATE ROLE reader LOGIN"))
    address = world.address.replace("follower@", "reader@")
    store = ViewStore(address, "out.judgments", "n")
    with pytest.raises(Unavailable, match="permission denied"):
        list(store.rows(["n"], None))
    with world.engine.begin() as connection:
        connection.execute(text("GRANT USAGE ON SCHEMA out TO reader"))
        connection.execute(text("GRANT SELECT ON out.judgments TO reader"))
    assert list(store.rows(["n"], None)) == []
