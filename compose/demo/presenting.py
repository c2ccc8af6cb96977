"""The output of the demo: progress while it works, tables of results, and commands to try next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from compose.demo.feeding import Fed
from compose.demo.scenarios import Scenario
from compose.demo.synthesis import FacetPlan
from compose.evidence.verify_cli import show as show_checks
from compose.local.layout import MEMBERS, NODES, Layout
from compose.shared.printing import (
    BarColumn,
    Console,
    Panel,
    ProgressBar,
    Table,
    TaskProgressColumn,
    TimeElapsedColumn,
    marked,
    progress_text,
    styled,
)
from compose.shared.showing import coloured, conviction_table, outcomes_table
from federation.values.enum_names import completeness_name, finding_name, granularity_name


def stood_up(console: Console, layout: Layout, seconds: float) -> None:
    """Print which servers run."""
    console.print(f"A federation of four agencies, founded and up in {seconds:.1f} s")
    table = Table()
    table.add_column("node")
    table.add_column("agency")
    table.add_column("its own")
    for agency, node in NODES.items():
        table.add_row(node, MEMBERS[agency][1], "store, keys, certificate authority, log")
    table.add_row("gateway-1", MEMBERS["interconnect"][1], "asks together, merges, seals, answers")
    console.print(table)


@contextmanager
def feeding(console: Console, plans: Sequence[FacetPlan]) -> Iterator[Callable[[str, int], None]]:
    """Show a bar per node while records are entered."""
    totals = {node: sum(plan.agency == agency for plan in plans) for agency, node in NODES.items()}
    columns = (
        progress_text("{task.description:<18}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with ProgressBar(*columns, console=console, transient=True) as progress:
        tasks = {node: progress.add_task(node, total=total) for node, total in totals.items()}

        def report(node: str, done: int) -> None:
            if done % 50 == 0 or done == totals[node]:
                progress.update(tasks[node], completed=done)

        yield report


def fed_table(console: Console, fed: Sequence[Fed], *, rows: int, seconds: float) -> None:
    """Show the outcomes of all records, and why some are in quarantine."""
    sent = sum(each.total for each in fed)
    console.print(
        marked(
            "\n[bold]{}[/] real outcomes became [bold]{}[/] records, entered in {} s "
            "({} a second over four nodes)",
            f"{rows:,}",
            f"{sent:,}",
            f"{seconds:.1f}",
            f"{sent / seconds:,.0f}",
        )
    )
    table = Table()
    for heading in ("node", "entered", "same again", "quarantined"):
        table.add_column(heading, justify="left" if heading == "node" else "right")
    for each in fed:
        table.add_row(each.node, f"{each.entered:,}", f"{each.repeated:,}", f"{each.quarantined:,}")
    console.print(table)
    reasons: dict[str, int] = {}
    for each in fed:
        for reason, count in each.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + count
    if reasons:
        why = Table(title="in quarantine because (first fault of each)", title_justify="left")
        why.add_column("records", justify="right")
        why.add_column("reason", overflow="fold")
        for reason, count in sorted(reasons.items(), key=lambda item: -item[1])[:8]:
            why.add_row(str(count), reason)
        console.print(why)


def delivered(console: Console, seals: int, seconds: float) -> None:
    """Print that the seals of the nodes are in force at every holder."""
    console.print(marked("[bold]{}[/] seals delivered to every node in {} s", f"{seals:,}", f"{seconds:.1f}"))


def scene(console: Console, played: Scenario) -> None:
    """Show one question and its answer."""
    answer = played.answered.answer
    console.print()
    console.rule(marked("[bold]({})[/] {}", played.id, played.title), align="left")
    console.print(
        marked(
            "purpose [bold]{}[/]  {}  {}  shown: {}[dim]{}[/]",
            played.purpose,
            coloured(completeness_name(answer.completeness)),
            coloured(finding_name(answer.finding)),
            granularity_name(answer.granularity),
            f"  {played.took_ms:.1f} ms" if played.took_ms else "",
        )
    )
    if played.checks:
        for what, verified in played.checks:
            console.print(styled(what, "bold"))
            show_checks(verified, console)
    elif played.id == "d":
        _alike(console, played)
    else:
        if played.id in ("c", "f"):
            console.print(outcomes_table(answer))
        for number, conviction in enumerate(answer.convictions, start=1):
            console.print(conviction_table(conviction, number))
        for sentence in answer.advice:
            console.print(styled(sentence, "yellow"))
    if "after_restart" in played.extra:
        again = played.extra["after_restart"]
        console.print(
            marked(
                "{} started again: {} {}",
                played.extra["stopped"],
                coloured(again["completeness"]),
                coloured(again["finding"]),
            )
        )
    console.print(styled(played.shows, "dim"))


def _alike(console: Console, played: Scenario) -> None:
    lengths = played.extra["lengths"]
    table = Table(show_header=True)
    for heading in ("", "only record sealed", "no record"):
        table.add_column(heading)
    other = played.extra["other_answer"]["answer"]
    finding = finding_name(played.answered.answer.finding)
    table.add_row("finding", coloured(finding), coloured(other["finding"]))
    table.add_row("bytes", str(lengths[0]), str(lengths[1]))
    same = "yes" if played.extra["identical"] else "NO"
    table.add_row("alike but for ids, times, hashes, signatures", same, same)
    console.print(table)
    console.print(marked("[dim]differing: {}[/]", ", ".join(played.extra["differing_fields"])))


def summed_up(console: Console, summary: dict[str, Any]) -> None:
    """Show the counts and the timings."""
    table = Table(title="in all", title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("figure", justify="right")
    for name in ("outcomes", "entered", "repeated", "quarantined"):
        table.add_row(name, f"{summary[name]:,}")
    for name, seconds in summary["timings"].items():
        table.add_row(name.removesuffix("_s").replace("_", " "), f"{seconds:.1f} s")
    console.print()
    console.print(table)


def farewell(console: Console, *, kept: Path | None) -> None:
    """Print commands to try next."""
    home = str(kept) if kept else "my-federation"
    lines = [
        f"hutong up --home {home}                      a federation of your own",
        f"hutong status --home {home}",
        f"hutong ask --home {home} --as police --purpose case --case-number X --officer YOU \\",
        "           --name 张三 --birth-date 1990-01-01",
        'echo \'{"text": "(2012)朝刑初字第123号"}\' | hutong explain case-number',
        "hutong demo --home DIR                         this again, kept running in DIR",
        "make bench                                     what it costs",
    ]
    prefix = "" if kept else "The demo's federation was stopped and removed.\n"
    console.print(Panel(prefix + "\n".join(lines), title="try next (in .venv/bin)", title_align="left"))
