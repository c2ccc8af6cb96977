"""Statements as text for the driver do what SQLAlchemy makes of them, on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import (
    JSON,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    union_all,
)
from sqlalchemy.dialects.sqlite import insert as insert_or_update

from server.journal.driver_text import Selection, insert_rows
from server.journal.engine import open_sqlite
from server.journal.view import View

_METADATA = MetaData()
TABLES = tuple(
    Table(
        name,
        _METADATA,
        Column("token", LargeBinary, primary_key=True),
        Column("size", Integer),
        Column("name", String),
    )
    for name in ("one", "other")
)
ONE, OTHER = TABLES
_LISTS = Table("lists", MetaData(), Column("value", JSON))


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    engine = open_sqlite(tmp_path / "store.db")
    with engine.begin() as connection:
        _METADATA.create_all(connection)
        yield connection
    engine.dispose()


def test_rows_are_inserted_with_the_values_that_the_statement_has_itself(view: View) -> None:
    statement = insert(ONE).values(name="always")
    insert_rows(view, statement, [{"size": 1, "token": b"a"}, {"token": b"b", "size": None}])
    assert view.execute(select(ONE).order_by(ONE.c.token)).all() == [
        (b"a", 1, "always"),
        (b"b", None, "always"),
    ]


def test_a_row_takes_the_place_of_another_where_the_statement_says_so(view: View) -> None:
    new = insert_or_update(ONE)
    highest = new.on_conflict_do_update(
        index_elements=[ONE.c.token], set_={"size": new.excluded.size}, where=new.excluded.size > ONE.c.size
    )
    for size in (5, 7, 6):
        insert_rows(view, highest, [{"token": b"a", "size": size, "name": ""}])
    assert view.execute(select(ONE.c.size)).scalars().all() == [7]


@pytest.mark.parametrize("number", [1, 2, 40])
def test_a_query_finds_the_rows_of_all_values_in_every_part_of_it(view: View, number: int) -> None:
    tokens = [b"%d" % n for n in range(number)]
    for table in TABLES:
        insert_rows(view, insert(table), [{"token": t, "size": 3, "name": table.name} for t in tokens])
    query = union_all(
        *(
            select(table.c.token, func.length(table.c.name).label("long"))
            .where(table.c.token.in_(bindparam("tokens", expanding=True)), table.c.size > bindparam("least"))
            .where(table.c.name != "nobody")
            for table in TABLES
        )
    )
    found = Selection(query, "tokens").run(view, [*tokens, b"unknown"], least=2).all()
    assert sorted(row.token for row in found) == sorted([*tokens, *tokens])
    assert {row.long for row in found} == {len("one"), len("other")}
    assert not Selection(query, "tokens").run(view, tokens, least=3).all()


def test_a_table_or_query_that_needs_sqlalchemy_is_refused(view: View) -> None:
    with pytest.raises(TypeError, match="value"):
        insert_rows(view, insert(_LISTS), [{"value": [1]}])
    with pytest.raises(TypeError, match="tokens"):
        Selection(select(ONE.c.token).where(ONE.c.size == bindparam("size")), "tokens")
