"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from compose.bulk.cells import as_text
from compose.bulk.dates import read_date
from federation.errors import FieldViolation, InvalidRequest
from server.settings import ServerSettings

S = TypeVar("S", bound=ServerSettings)

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path),
    envvar="HUTONG_HOME",
    required=True,
    help="Folder of the local federation (or HUTONG_HOME).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
officer_option = click.option(
    "--officer",
    envvar="HUTONG_OFFICER",
    required=True,
    help="Who acts: a natural person (or HUTONG_OFFICER).",
)


class DayType(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases
    """A day in one of the forms that tables may use too; the command gets it as an ISO date."""

    name = "day"

    def __init__(self, *, partial: bool = False) -> None:
        self._partial = partial

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the ISO date, or "" for an empty text; raises `InvalidRequest` naming the option."""
        if not value:
            return ""
        try:
            return read_date(as_text(value), partial=self._partial)
        except ValueError as error:
            where = param.opts[0].lstrip("-").replace("-", "_") if param is not None else self.name
            raise InvalidRequest.of(where, "DATE", str(error)) from None


DAY = DayType()
#: A birth date, of which only the year or the month may be known.
BIRTH = DayType(partial=True)


def settings_or_fail(kind: type[S], home: Path) -> S:
    """Return the settings in `home`, or raise `InvalidRequest` naming each setting that is wrong."""
    try:
        return kind.from_home(home)
    except ValidationError as error:
        raise InvalidRequest(
            [
                FieldViolation(".".join(map(str, e["loc"])) or "settings", "SETTING", e["msg"])
                for e in error.errors()
            ]
        ) from None
    except ValueError as error:
        raise InvalidRequest.of("settings", "SETTING", str(error)) from None
