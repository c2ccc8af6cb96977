"""What the commands of `hutong apply` share: where and who, the desk they work at, how a step is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from certs.printing import echo, echo_json
from compose.shared.options import home_option, json_option, officer_option
from federation.client.applications import ApplicationDesk, Done
from federation.v1 import application_pb2 as pb

F = TypeVar("F", bound=Callable[..., Any])


def at_window(command: F) -> F:
    """Add the options that every step has: where, who, and how to show it."""
    for option in (
        json_option,
        click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Save documents here."),
        officer_option,
        click.option("--as", "member", help="Agency [default: the node's own]."),
        click.option("--node", "node", required=True, help="Node of the agency, e.g. police-1."),
        home_option,
    ):
        command = option(command)
    return command


def decided(command: F) -> F:
    """Add the options of a step on an application that is there."""
    for option in (
        click.option("--version", type=int, help="Version decided on [default: the newest]."),
        click.argument("number"),
    ):
        command = option(command)
    return command


ground_option = click.option("--ground", "grounds", multiple=True, help='"RULE|WHAT IT SAYS HERE|REMEDY".')
note_option = click.option("--note", default="", help="Why, in words.")
head_option = click.option("--approved-by", default="", help="County-level head who approved it.")


@contextmanager
def desk_at(home: Path, node: str, member: str | None, officer: str) -> Iterator[ApplicationDesk]:
    """Give the desk of an officer at a node of the agency."""
    from compose.shared.clients import of_member, of_node

    opened = of_member(home, member, officer) if member else of_node(home, node, officer)
    with opened as client:
        yield ApplicationDesk(client, node)


def as_seen(desk: ApplicationDesk, number: str, version: int | None) -> pb.Application:
    """Return the application to decide on, as of `version` when one is given."""
    application = desk.show(number).application
    if version is not None:
        application.version = version
    return application


def tell(done: Done, out: Path | None, as_json: bool) -> None:
    """Show an application and its documents, and save them in the folder `out`."""
    from compose.apply import apply_showing
    from compose.shared.printing import Console

    saved = apply_showing.save(done, out) if out else []
    if as_json:
        echo_json(apply_showing.as_json(done))
        return
    apply_showing.show(done, Console())
    for path in saved:
        echo(f"saved {path}")


def step_of(decision: str) -> pb.ApplicationStep.ValueType:
    """Return the step that a decision names."""
    from compose.apply import apply_forms

    step: pb.ApplicationStep.ValueType = apply_forms.number_of(pb.ApplicationStep, decision, "decision")
    return step
