"""The output of the window walk: each asker's steps, refusals on the way, and the documents."""

from __future__ import annotations

from collections.abc import Sequence

from compose.apply.apply_showing import application_table
from compose.demo.window_scene import Scene
from compose.shared.printing import Console, Panel, Table, marked, styled
from federation.documents.rendering import text_of


def scene(console: Console, played: Scene) -> None:
    """Show one asker from application to document."""
    console.print()
    console.rule(marked("[bold]({})[/] {}: {}", played.id, played.asker, played.title), align="left")
    if played.done is not None:
        console.print(application_table(played.done.application))
    for sentence in played.sentences:
        console.print(styled(f"! {sentence}", "yellow"), highlight=False)
    for document in played.documents:
        console.print(Panel(text_of(document).rstrip(), expand=False))
    if played.page:
        console.print(Panel(played.page.rstrip(), expand=False))
    console.print(styled(played.shows, "dim"))


def summary(console: Console, scenes: Sequence[Scene]) -> None:
    """Show every asker with the outcome."""
    table = Table(title="six kinds of askers, and what each got", title_justify="left")
    for heading in ("", "asker", "application", "ended in"):
        table.add_column(heading, overflow="fold")
    for played in scenes:
        number = played.done.application.number if played.done else "(its own client)"
        table.add_row(played.id, played.asker, number, played.outcome)
    console.print()
    console.print(table)
