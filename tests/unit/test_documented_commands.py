"""Every command that a document shows exists, with every option that it is shown with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from compose.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
FENCED = re.compile(r"^ *```.*?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
#: Options that HUTONG_HOME and HUTONG_OFFICER give, once for all commands.
FROM_ENVIRONMENT = {"home", "officer"}
INLINE = re.compile(r"`(hutong\b[^`]*)`")


def typed_in(page: Path) -> Iterator[str]:
    """Yield the calls of `hutong` in examples, each as one line, but those that are cut short."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    for example in FENCED.findall(text):
        for line in example.splitlines():
            if line.strip().startswith("hutong ") and not re.search(r"\.\.\.|--help", line):
                yield line.strip()


def shown_in(page: Path) -> Iterator[str]:
    """Yield the calls of `hutong` in examples and in running text, each as one line."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    for example in FENCED.findall(text):
        for line in example.splitlines():
            command = line.rpartition("| ")[2] if "| hutong " in line else line.strip()
            if command.startswith("hutong "):
                yield command
    for command in INLINE.findall(FENCED.sub("", text)):
        yield " ".join(command.split())


def found(arguments: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that `arguments` call, and the words that are left for it."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and arguments and arguments[0][0] not in "-.":
        inner = command.get_command(context, arguments[0])
        assert inner is not None, f"there is no command {arguments[0]}"
        command, arguments = inner, arguments[1:]
    return command, arguments


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        pytest.param(page, shown, id=f"{page.name}: {shown}")
        for page in PAGES
        for shown in dict.fromkeys(shown_in(page))
    ],
)
def test_a_command_in_a_document_exists(page: Path, shown: str) -> None:
    command, arguments = found(shlex.split(shown, comments=True)[1:])
    known = {"--help"} | {name for p in command.params for name in [*p.opts, *p.secondary_opts]}
    options = {argument.partition("=")[0] for argument in arguments if argument.startswith("--")}
    assert not options - known, f"{page.relative_to(ROOT)}: {shown}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_is_there_to_be_typed_has_every_option_that_it_needs(page: Path) -> None:
    """What operations.md has its readers set up, most of all, which no test types."""
    for shown in typed_in(page):
        command, arguments = found(shlex.split(shown, comments=True)[1:])
        given = {argument.partition("=")[0] for argument in arguments}
        for needed in command.params:
            if needed.required and isinstance(needed, click.Option) and needed.name not in FROM_ENVIRONMENT:
                assert given & {*needed.opts, *needed.secondary_opts}, f"{shown}: {needed.opts[0]}"
