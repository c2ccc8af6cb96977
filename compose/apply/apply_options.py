"""Shared parts of the commands of `hutong apply`: options, the officer's client, and how a step is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from compose.apply import apply_forms, apply_showing
from compose.shared.at import At, Optional, at
from compose.shared.language import lang_option, say
from compose.shared.printing import Console
from federation.client.applications import Applications, VerifiedStep
from federation.v1 import application_pb2 as pb

F = TypeVar("F", bound=Callable[..., Any])

_at = at(
    node="Node of the agency, e.g. police-1.",
    member=Optional("Agency [default: the node's own]."),
    out=click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Save documents here."),
)


def at_window(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every step: where, who, and how and in which language to show it."""
    return lang_option(_at(command))


def decided(command: F) -> F:
    """Add the options of a step on an existing application."""
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
def applications_at(at: At) -> Iterator[Applications]:
    """Yield the applications at a node of the agency, for one officer."""
    with at.client() as client:
        yield client.applications(at.node)


def as_seen(applications: Applications, number: str, version: int | None) -> pb.Application:
    """Return the application to decide on, at `version` when one is given."""
    application = applications.show(number).application
    if version is not None:
        application.version = version
    return application


def tell(done: VerifiedStep, at: At) -> None:
    """Show an application and its documents, and save them in the folder that was named."""
    saved = apply_showing.save(done, at.out) if at.out else []

    def shown(done: VerifiedStep) -> list[str]:
        apply_showing.show(done, Console())
        return [say("apply.saved", path=path) for path in saved]

    at.present(done, document=apply_showing.as_json, table=shown)


def step_of(decision: str) -> pb.ApplicationStep.ValueType:
    """Return the step that a decision names."""
    step: pb.ApplicationStep.ValueType = apply_forms.number_of(pb.ApplicationStep, decision, "decision")
    return step
