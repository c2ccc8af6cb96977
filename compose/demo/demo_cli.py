"""`hutong demo`: start a federation, feed it real outcomes, ask it seven questions, show the times."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from compose.demo import intake, presenting, window, window_showing
from compose.demo.casting import complete
from compose.demo.delivering import await_delivery
from compose.demo.feeding import Fed, feed
from compose.demo.outcomes import SUPPLIED, read_outcomes
from compose.demo.patience import PATIENCE_S, Patience
from compose.demo.scenarios import Stage
from compose.demo.synthesis import facets
from compose.local import local
from compose.local.founding import certify_officers, demand_mandates
from compose.local.layout import Layout
from compose.shared.printing import Console, echo_json, write_json


@click.command()
@click.option(
    "--outcomes",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=SUPPLIED,
    help="A file of judgment outcomes of the supplied form; dirty rows are welcome.",
)
@click.option(
    "--json",
    "report",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Write all of it to FILE (- is standard output).",
)
@click.option(
    "--home", type=click.Path(path_type=Path), help="Keep the federation in this new folder, running."
)
@click.option(
    "--walk",
    type=click.Choice(["window", "intake"]),
    help="Instead: askers at the agencies' windows, or notices from judgment to completed correction.",
)
@click.option(
    "--mandates",
    is_flag=True,
    help="As in a federation that is founded for use: windows ask for others under approved applications alone, and "
    "the node of each agency certifies its officers.",
)
@click.option("--seed", default=1, show_default=True, help="Seed of the synthetic persons.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=PATIENCE_S,
    show_default=True,
    help="Seconds without any progress after which a wait is given up.",
)
def demo(
    outcomes: Path,
    report: Path | None,
    home: Path | None,
    walk: str | None,
    mandates: bool,
    seed: int,
    patience: float,
) -> None:
    """Watch a federation being founded, fed and asked.

    Persons are synthetic (identity numbers beginning 99); judgments are real and de-identified. Ends with exit
    code 1 and one sentence when a scene does not show what it promises.
    """
    if mandates and walk != "window":
        raise click.UsageError("--mandates is for --walk window: elsewhere windows ask directly")
    console = Console(stderr=report is not None and str(report) == "-")
    with _home(home) as place:
        if mandates:
            local.up(place)
            demand_mandates(Layout(place.resolve()))
            certify_officers(Layout(place.resolve()))
            local.down(place)  # so that every server begins under it
        run = {"window": _walk_windows, "intake": _walk_intake}.get(walk or "", _run)
        summary = run(console, outcomes, place, seed, Patience(console, patience))
    presenting.farewell(console, kept=home)
    if report is not None:
        echo_json(summary, indent=2) if str(report) == "-" else write_json(report, summary, indent=2)


def _run(console: Console, outcomes: Path, home: Path, seed: int, patience: Patience) -> dict[str, Any]:
    timings = _started(console, home)
    with _timed(timings, "preparing_s"), console.status("making synthetic persons around the outcomes"):
        rows = list(read_outcomes(outcomes))
        plans = list(facets(rows, seed))
        cast, stand_ins = complete(plans, seed)
        plans += stand_ins
    with _timed(timings, "entering_s"), presenting.feeding(console, plans) as report:
        description = Layout(home.resolve()).description
        fed = feed(description, plans, officer="登记员甲", told=report, still_s=patience.still_s)
    presenting.fed_table(console, fed, rows=len(rows), seconds=timings["entering_s"])
    with _timed(timings, "delivering_seals_s"):
        delivered = await_delivery(home, sum(each.sealed for each in fed), patience)
    presenting.delivered(console, delivered, timings["delivering_seals_s"])
    scenarios = []
    with _timed(timings, "asking_s"):
        for scene in Stage(home, cast, patience).play():
            presenting.scene(console, scene)
            scenarios.append(scene.as_json())
    timings["total_s"] = sum(timings.values())
    summary = _summary(rows=len(rows), fed=fed, scenarios=scenarios, timings=timings)
    presenting.summed_up(console, summary)
    return summary


def _walk_windows(
    console: Console, outcomes: Path, home: Path, seed: int, patience: Patience
) -> dict[str, Any]:
    timings = _started(console, home)
    with _timed(timings, "entering_s"), console.status("entering the records of those who are asked about"):
        cast, _ = complete(list(facets(read_outcomes(outcomes), seed)), seed)
        plans = [plan for person in window.persons(cast) for plan in person.plans]
        fed = feed(
            Layout(home.resolve()).description,
            plans,
            officer="登记员甲",
            told=lambda node, done: None,
            still_s=patience.still_s,
        )
    await_delivery(home, sum(each.sealed for each in fed), patience)
    scenes = []
    with _timed(timings, "walking_s"):
        for played in window.Windows(home, cast, patience).play():
            window_showing.scene(console, played)
            scenes.append(played)
    window_showing.summary(console, scenes)
    return {
        "entered": sum(each.entered for each in fed),
        "scenes": [played.as_json() for played in scenes],
        "timings": {name: round(seconds, 3) for name, seconds in timings.items()},
    }


def _walk_intake(
    console: Console, outcomes: Path, home: Path, seed: int, patience: Patience
) -> dict[str, Any]:
    timings = _started(console, home)
    with _timed(timings, "walking_s"):
        played = intake.walk(console, list(read_outcomes(outcomes)), home, seed, patience)
    return played | {"timings": {name: round(seconds, 3) for name, seconds in timings.items()}}


def _summary(
    *, rows: int, fed: list[Fed], scenarios: list[dict[str, Any]], timings: dict[str, float]
) -> dict[str, Any]:
    reasons: Counter[str] = Counter()
    for each in fed:
        reasons.update(each.reasons)
    return {
        "outcomes": rows,
        "entered": sum(each.entered for each in fed),
        "repeated": sum(each.repeated for each in fed),
        "quarantined": sum(each.quarantined for each in fed),
        "by_node": {
            each.node: {"entered": each.entered, "repeated": each.repeated, "quarantined": each.quarantined}
            for each in fed
        },
        "quarantine_reasons": dict(reasons.most_common()),
        "scenarios": scenarios,
        "timings": {name: round(seconds, 3) for name, seconds in timings.items()},
    }


def _started(console: Console, home: Path) -> dict[str, float]:
    """Start four nodes and a gateway; return the timings of this run, which begin with that."""
    timings: dict[str, float] = {}
    with _timed(timings, "standing_up_s"), console.status("standing up four nodes and a gateway"):
        local.up(home)
    presenting.stood_up(console, Layout(home.resolve()), timings["standing_up_s"])
    return timings


@contextmanager
def _home(kept: Path | None) -> Iterator[Path]:
    """Yield a folder for the federation; a temporary one is stopped and removed at the end."""
    if kept is not None:
        if (kept / "federation.json").exists():
            raise click.UsageError(f"{kept} holds a federation already; name a new folder")
        yield kept
        return
    place = Path(tempfile.mkdtemp(prefix="hutong-demo-"))
    try:
        yield place
    finally:
        if Layout(place).root.exists():
            local.down(place)
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _timed(timings: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    timings[name] = time.perf_counter() - started
