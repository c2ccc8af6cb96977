"""Migration of a database to this program's schema, by Alembic; a database of a later program is refused.

Each part (journal, node, gateway) keeps its own sequence of versions in its own folder and version table, so
that parts sharing one database can move independently. Alembic is imported only when there is work to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from federation.errors import Corrupt

ENVIRONMENT = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Schema:
    """One part's schema: its name, the folder of its migrations, and the newest of them."""

    part: str
    versions: Path
    head: str

    @property
    def version_table(self) -> str:
        """The name of the table that lists the applied migrations."""
        return f"{self.part}_schema_version"


def bring_up_to_date(connection: Connection, schema: Schema) -> None:
    """Apply the migrations that are missing; raises `Corrupt` for a version this program does not know."""
    if insist_known(connection, schema) == schema.head:
        return
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection, "version_table": schema.version_table})
    config.set_main_option("script_location", str(ENVIRONMENT))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(schema.versions))
    command.upgrade(config, schema.head)


def insist_known(connection: Connection, schema: Schema) -> str | None:
    """Return the version at which the part's tables are; raises `Corrupt` if this program does not know it."""
    current = _current(connection, schema)
    if current is not None and not list(schema.versions.glob(f"v{current}_*.py")):
        raise Corrupt(
            f"the {schema.part} tables are at version {current}, which this program does not know: "
            "run the program that wrote them, or a newer one",
            reason="STORE_NEWER",
        )
    return current


def _current(connection: Connection, schema: Schema) -> str | None:
    if not inspect(connection).has_table(schema.version_table):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {schema.version_table}"))  # noqa: S608
    return found.scalar_one_or_none()
