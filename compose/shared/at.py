"""The options that most commands share, as one value: where a command acts, for whom, and how it answers.

    @sealing.command("object")
    @at(node="Node of the own agency, e.g. police-1.")
    @click.argument("record_id")
    def object_(at: At, record_id: str) -> None:
        with at.client() as client:
            ...

An option of one command only is declared by that command.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from compose.shared.clients import of_member, of_node
from compose.shared.options import home_option, json_option, officer_option
from compose.shared.presenting import present
from federation.client import Client

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class At:
    """The values of the shared options in one call; an option that the command does not have keeps its default."""

    home: Path
    officer: str
    #: The member that acts; "" is the agency that runs `node`.
    member: str = ""
    node: str = ""
    out: Path | None = None
    as_json: bool = False

    def client(self) -> Client:
        """Return a client of the member, or of the agency that runs the node; raises `NotFound`."""
        if self.member:
            return of_member(self.home, self.member, self.officer)
        return of_node(self.home, self.node, self.officer)

    def present(
        self, found: T, *, table: Callable[[T], object], document: Callable[[T], object] | None = None
    ) -> None:
        """Write the result of a command in the form that its caller wants; see `presenting.present`."""
        present(found, as_json=self.as_json, table=table, document=document)


@dataclass(frozen=True)
class Optional:
    """An option that may be left out; its value is then `default`, which the help shows unless it is empty."""

    help: str
    default: str = ""


def at(
    *,
    node: str | Optional | None = None,
    member: str | Optional | None = None,
    officer: Optional | None = None,
    out: Callable[[Any], Any] | None = None,
    json: bool = True,
) -> Callable[[Callable[Concatenate[At, P], None]], Callable[..., None]]:
    """Add the shared options to a command and give it their values as an `At`, its first argument.

    --home is always there, and --officer, required unless it is given as `Optional`. `node` (--node) and `member`
    (--as) are the help of a required option, an `Optional`, or nothing for a command without it. `out` is the
    command's own option --out; `json` says whether it has --json.
    """
    options = [
        home_option,
        *_named("--node", "node", node),
        *_named("--as", "member", member),
        *([officer_option] if officer is None else _named("--officer", "officer", officer, "HUTONG_OFFICER")),
        *([out] if out else []),
    ]

    def decorate(command: Callable[Concatenate[At, P], None]) -> Callable[..., None]:
        act: Callable[..., None] = command

        @functools.wraps(command)
        def run(
            *,
            home: Path,
            officer: str,
            member: str = "",
            node: str = "",
            out: Path | None = None,
            as_json: bool = False,
            **rest: Any,
        ) -> None:
            act(At(home, officer, member, node, out, as_json), **rest)

        made: Callable[..., None] = run
        if json:
            made = json_option(made)
            declared: list[click.Parameter] = vars(made)["__click_params__"]
            declared.insert(0, declared.pop())  # so that it is last in the help
        for option in reversed(options):
            made = option(made)
        return made

    return decorate


def _named(
    flag: str, name: str, given: str | Optional | None, envvar: str | None = None
) -> Iterator[Callable[[Any], Any]]:
    """Yield the option that a command has, if it has it."""
    if isinstance(given, Optional):
        shown = bool(given.default)
        yield click.option(
            flag, name, envvar=envvar, default=given.default, show_default=shown, help=given.help
        )
    elif given is not None:
        yield click.option(flag, name, required=True, help=given)
