"""The migrations and the tables that the program declares are the same thing said twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text

import gateway.asking.schema
import gateway.continuity.schema
import gateway.documents.schema
import gateway.following.schema
import gateway.relay.schema
import gateway.sealing.schema
import node.applications.schema
import node.continuity.schema
import node.disclosures.schema
import node.documents.schema
import node.intake.schema
import node.officers.schema
import node.register.links_schema
import node.sealing.schema
import node.store.schema
import node.working.schema
import server.journal.schema
from federation.errors import Corrupt
from server.journal.engine import open_sqlite
from server.journal.migrating import Schema, bring_up_to_date


def together(*parts: MetaData) -> MetaData:
    """Return one set of the tables that one chain of migrations makes."""
    whole = MetaData()
    for table in (table for part in parts for table in part.sorted_tables):
        table.to_metadata(whole)
    return whole


PARTS = [
    (server.journal.schema.metadata, server.journal.schema.SCHEMA),
    (node.store.schema.metadata, node.store.schema.SCHEMA),
    (node.applications.schema.metadata, node.applications.schema.SCHEMA),
    (together(gateway.asking.schema.metadata, gateway.sealing.schema.metadata), gateway.asking.schema.SCHEMA),
    (gateway.relay.schema.metadata, gateway.relay.schema.SCHEMA),
    (node.intake.schema.metadata, node.intake.schema.SCHEMA),
    (node.documents.schema.metadata, node.documents.schema.SCHEMA),
    (node.officers.schema.metadata, node.officers.schema.SCHEMA),
    (gateway.documents.schema.metadata, gateway.documents.schema.SCHEMA),
    (node.register.links_schema.metadata, node.register.links_schema.SCHEMA),
    (node.working.schema.metadata, node.working.schema.SCHEMA),
    (node.disclosures.schema.metadata, node.disclosures.schema.SCHEMA),
    (gateway.following.schema.metadata, gateway.following.schema.SCHEMA),
    (gateway.continuity.schema.metadata, gateway.continuity.schema.SCHEMA),
    (node.continuity.schema.metadata, node.continuity.schema.SCHEMA),
    (node.sealing.schema.metadata, node.sealing.schema.SCHEMA),
]


@pytest.mark.parametrize(("metadata", "schema"), PARTS, ids=[s.part for _, s in PARTS])
def test_the_migrations_lead_to_the_declared_tables(
    metadata: MetaData, schema: Schema, tmp_path: Path
) -> None:
    engine = open_sqlite(tmp_path / "store.db")
    with engine.begin() as connection:
        bring_up_to_date(connection, schema)
        bring_up_to_date(connection, schema)
        context = MigrationContext.configure(connection, opts={"version_table": schema.version_table})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_database_of_a_later_program_is_refused(tmp_path: Path) -> None:
    schema = server.journal.schema.SCHEMA
    engine = open_sqlite(tmp_path / "store.db")
    with engine.begin() as connection:
        bring_up_to_date(connection, schema)
        connection.execute(text(f"UPDATE {schema.version_table} SET version_num = '9999'"))
    with engine.begin() as connection, pytest.raises(Corrupt, match="does not know"):
        bring_up_to_date(connection, schema)
    engine.dispose()


def test_seals_of_an_earlier_program_are_proposed_once_more_with_their_judgment(tmp_path: Path) -> None:
    before, now = replace(node.store.schema.SCHEMA, head="0008"), node.store.schema.SCHEMA
    engine = open_sqlite(tmp_path / "store.db")
    with engine.begin() as connection:
        bring_up_to_date(connection, before)
        for number, (status, record_class) in enumerate(
            [
                ("SEALED", "criminal"),
                ("WITHHELD", "criminal"),
                ("SEALED", "public_order"),
                ("SEALED", "criminal"),
            ]
        ):
            its = {"id": bytes([number]) * 16, "status": status, "class": record_class}
            connection.execute(
                text(
                    "INSERT INTO sealed_record (record_id, version, conviction, content, wrapped_key, entered_at, "
                    "entry, record_class, status) VALUES (:id, 2, :id, :id, :id, '', :id, :class, :status)"
                ),
                its,
            )
        connection.execute(
            text("INSERT INTO sealing_spread (record_id, version, urgent, again) VALUES (:id, 2, 1, 0)"),
            {"id": bytes([3]) * 16},
        )
        bring_up_to_date(connection, now)
        noted = connection.execute(
            text("SELECT record_id, version, urgent, again FROM sealing_spread ORDER BY record_id")
        ).all()
    engine.dispose()
    assert [(row.record_id[0], *row[1:]) for row in noted] == [(0, 2, 0, 1), (3, 2, 1, 1)]
