"""The kit's cases: rows of cases.toml, and the checks that belong to them.

A row says what the case is called, which duty of a node or gateway it shows, and the requirements behind that duty. A
check is a function that returns what it saw, or raises `Failed` or `NotRun`; a test holds rows and checks equal.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from compose.conformance.kit import Kit
from compose.conformance.outcomes import TargetRole


class Family(StrEnum):
    """What a case is about, in the order in which cases run."""

    WIRE = "wire"
    IDENTITY = "identity"
    ENVELOPE = "envelope"
    PURPOSE = "purpose"
    COMPLETENESS = "completeness"
    SEALING = "sealing"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class ConformanceCase:
    """One case."""

    name: str
    family: Family
    roles: frozenset[TargetRole]
    #: Numbers of docs/law.md, and of documents of others such as RFC 6962.
    requirements: tuple[str, ...]
    #: What a node or gateway must do, in one sentence.
    duty: str


Check = Callable[[Kit], str]
#: Case and role -> the check.
_CHECKS: Final[dict[tuple[str, TargetRole], Check]] = {}


def check(name: str, *roles: TargetRole) -> Callable[[Check], Check]:
    """Enter a function as the check of the case `name`, for all roles or for those given."""

    def entered(function: Check) -> Check:
        for role in roles or tuple(TargetRole):
            _CHECKS[name, role] = function
        return function

    return entered


def checks() -> Mapping[tuple[str, TargetRole], Check]:
    """Return every check that was entered."""
    return _CHECKS


@cache
def cases() -> tuple[ConformanceCase, ...]:
    """Return every row, by family and within a family in the order of the file."""
    rows: list[dict[str, Any]] = tomllib.loads(
        (files("compose.conformance") / "cases.toml").read_text("utf-8")
    )["case"]
    read = [
        ConformanceCase(
            row["name"],
            Family(row["family"]),
            frozenset(map(TargetRole, row.get("roles", list(TargetRole)))),
            tuple(row["requirements"]),
            row["duty"],
        )
        for row in rows
    ]
    order = list(Family)
    return tuple(sorted(read, key=lambda case: order.index(case.family)))
