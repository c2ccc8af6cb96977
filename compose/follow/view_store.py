"""Reads a view of another system's database in the order of one of its columns; writes nothing there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnClause, Connection, Select, create_engine, func, inspect, make_url, select
from sqlalchemy import column as named
from sqlalchemy import table as relation
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.expression import TableClause

from federation.errors import InvalidRequest, Unavailable

_REASON = "FOLLOWED_DATABASE"


class ViewStore:
    """One view (or table), and its cursor: a column by which later rows have greater values."""

    def __init__(self, url: str, view: str, cursor: str) -> None:
        """Raise `InvalidRequest` for a text that is no URL, or one whose driver is not installed."""
        try:
            place = make_url(url)
            if place.drivername in ("postgresql", "postgres"):
                place = place.set(drivername="postgresql+psycopg")
            self._engine = create_engine(place, poolclass=NullPool)  # holds none open between two looks
        except (ModuleNotFoundError, NoSuchModuleError) as error:
            says = (
                f"needs a driver that is not installed ({error}): for PostgreSQL install hutong[postgresql]"
            )
            raise InvalidRequest.of("database", "URL", says) from None
        except ArgumentError:
            says = "is no address of a database, such as sqlite:////path or postgresql://user@host/name"
            raise InvalidRequest.of("database", "URL", says) from None
        #: SQLite would make a file that is missing.
        self._file = Path(place.database) if place.drivername == "sqlite" and place.database else None
        schema, _, self._name = view.rpartition(".")
        self._schema, self._cursor = schema or None, cursor

    def columns(self) -> list[str]:
        """Return the names of the columns; raises `InvalidRequest` without the view or its cursor, `Unavailable`."""
        with self._connected() as connection:
            try:
                found = [c["name"] for c in inspect(connection).get_columns(self._name, self._schema)]
            except NoSuchTableError:
                raise InvalidRequest.of("--view", "VIEW", f"the database has no view {self._name}") from None
        if self._cursor not in found:
            says = f"is no column of {self._name}; it has {', '.join(found)}"
            raise InvalidRequest.of("--cursor", "VIEW", says[:400])
        return found

    def rows(self, columns: Sequence[str], since: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the rows whose cursor is at least `since` (all for None), in its order. Raises `Unavailable`."""
        place: TableClause = self._relation(columns)
        at: ColumnClause[Any] = named(self._cursor)
        wanted: Select[Any] = select(*place.columns).where(at.is_not(None))
        if since is not None:
            wanted = wanted.where(at >= since)
        with self._connected() as connection:
            for row in connection.execution_options(yield_per=500).execute(wanted.order_by(at)).mappings():
                yield dict(row)

    def without_cursor(self) -> int:
        """Return how many rows have no value in the cursor's column, so that no order reaches them."""
        wanted = select(func.count()).select_from(self._relation(())).where(named(self._cursor).is_(None))
        with self._connected() as connection:
            return int(connection.execute(wanted).scalar_one())

    def _relation(self, columns: Sequence[str]) -> TableClause:
        return relation(self._name, *(named(each) for each in columns), schema=self._schema)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        if self._file is not None and not self._file.exists():
            raise Unavailable(f"the followed database {self._file} is not there", reason=_REASON)
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            says = f"the followed database cannot be read: {error.orig}"
            raise Unavailable(says, reason=_REASON) from None
