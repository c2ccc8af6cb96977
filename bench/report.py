"""What was measured, against what was promised, on which machine: as a table and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any, Literal

import psutil
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured figure; without a target it is for information only."""

    name: str
    value: float
    unit: str
    target: float | None = None
    better: Literal["more", "less"] = "more"
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the target is met; None when there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.better == "more" else self.value <= self.target


@dataclass(frozen=True)
class Measured:
    """What one part of the bench found: figures, CPU seconds per process, and remarks."""

    name: str
    figures: Sequence[Figure]
    cpu: dict[str, float] = field(default_factory=dict)
    remarks: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        figures = [asdict(figure) | {"holds": figure.holds} for figure in self.figures]
        return {"name": self.name, "figures": figures, "cpu_s": self.cpu, "remarks": list(self.remarks)}


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    packages = ("grpcio", "protobuf", "cryptography", "sqlalchemy")
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def as_text(value: float) -> str:
    """Return a figure with as many digits as it deserves."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def show(console: Console, measured: Sequence[Measured]) -> None:
    """Print the machine and one table over all parts."""
    console.print("  ".join(f"{name} {value}" for name, value in machine().items()), highlight=False)
    table = Table(title="What it costs", title_justify="left")
    for column in ("figure", "measured", "target", "holds", "how"):
        table.add_column(column, justify="right" if column in ("measured", "target") else "left")
    for part in measured:
        for figure in part.figures:
            table.add_row(
                figure.name,
                f"{as_text(figure.value)} {figure.unit}",
                "" if figure.target is None else f"{_SIGN[figure.better]} {as_text(figure.target)}",
                {True: "[green]yes[/]", False: "[bold red]no[/]", None: ""}[figure.holds],
                figure.note,
            )
        table.add_section()
    console.print(table)
    for part in measured:
        if part.cpu:
            spent = ", ".join(f"{name} {seconds:.1f}" for name, seconds in part.cpu.items())
            console.print(f"  CPU seconds, {part.name}: {spent}", highlight=False)
        for remark in part.remarks:
            console.print(f"  {part.name}: {remark}", highlight=False)


_SIGN = {"more": "≥", "less": "≤"}
