"""What the program runs with, and what its tests need: versions, the day each was fixed, licences; without a network.

`python -m tests.support.dependencies > docs/dependencies.md` writes the document anew, in a checkout with its history.
"""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CONSTRAINTS = ROOT / "constraints.txt"
DOCUMENT = ROOT / "docs" / "dependencies.md"
#: Heading of each part, and what it says.
PARTS = {
    "Servers and commands": "What a node, a gateway and a window run with. A fault in one concerns them.",
    "Views of PostgreSQL": "Only where `hutong node follow` reads a view there (the extra `postgresql`).",
    "Development": "Needed by `make check` and `make test`. No installation has these.",
}
_HEAD = """# Dependencies

All packages that `make setup` installs on CPython for Linux, with the version that `constraints.txt` fixes and the day
on which it was fixed. A test compares this page with `constraints.txt`, with what is installed, and with what each
package says that it needs. `python -m tests.support.dependencies > docs/dependencies.md` writes it anew.

No check here looks for published faults (CVE): that needs a network. Whoever runs a server compares the first part
with the notices of faults that the agency receives. To raise a version, change its line in `constraints.txt`, run
`make setup`, `make check` and `make test`, commit, write this page anew, and upgrade the servers
([operations](operations.md#start-stop-upgrade)).
"""
_TABLE = "| package | version | fixed on | licence | needed by |\n|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Fixed:
    """A package whose version is fixed."""

    name: str
    version: str
    licence: str
    #: The packages that need it; the project itself for a direct dependency.
    needed_by: tuple[str, ...]

    def row(self, since: str) -> str:
        """Return its row of a table."""
        return f"| {self.name} | {self.version} | {since} | {self.licence} | {', '.join(self.needed_by)} |"


def fixed() -> dict[str, str]:
    """Return the version of each package in `constraints.txt`, by its name as written there."""
    lines = CONSTRAINTS.read_text("utf-8").split()
    return {name: version for name, _, version in (line.partition("==") for line in lines)}


def directly_needed() -> dict[str, list[str]]:
    """Return what the project itself asks for, by part."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        read = tomllib.load(file)
    asked = (
        read["project"]["dependencies"],
        read["project"]["optional-dependencies"]["postgresql"],
        read["dependency-groups"]["dev"],
    )
    return dict(zip(PARTS, asked, strict=True))


def needed(asked: Iterable[str]) -> dict[str, set[str]]:
    """Return each package that `asked` comes to on this machine, with those that need it."""
    found: dict[str, set[str]] = {}
    seen: set[tuple[str, ...]] = set()
    left = [("Hutong", Requirement(each)) for each in asked]
    while left:
        by, wanted = left.pop()
        name = canonicalize_name(wanted.name)
        found.setdefault(name, set()).add(by)
        extras = sorted(wanted.extras) or [""]
        if (name, *extras) in seen:
            continue
        seen.add((name, *extras))
        for line in distribution(name).requires or ():
            further = Requirement(line)
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                left.append((name, further))
    return found


def licence(name: str) -> str:
    """Return the licence that an installed package states, in the first line of that statement."""
    facts = distribution(name).metadata
    classified = [c.rpartition(" :: ")[2] for c in facts.get_all("Classifier", []) if c.startswith("License")]
    stated = str(facts.json.get("license_expression") or facts.json.get("license") or ", ".join(classified))
    return stated.splitlines()[0][:60] if stated else "not stated"


def parts() -> dict[str, list[Fixed]]:
    """Return the packages of each part; a package stands in the first that needs it."""
    names: dict[str, str] = {canonicalize_name(name): name for name in fixed()}
    found: dict[str, list[Fixed]] = {}
    placed: set[str] = set()
    for part, asked in directly_needed().items():
        its = {name: by for name, by in needed(asked).items() if name not in placed}
        placed |= set(its)
        found[part] = [
            Fixed(names.get(name, name), distribution(name).version, licence(name), tuple(sorted(by)))
            for name, by in sorted(its.items())
        ]
    return found


def fixed_on() -> dict[str, str]:
    """Return the day of the commit that wrote each line of `constraints.txt`."""
    command = ["git", "blame", "--line-porcelain", "--date=short", str(CONSTRAINTS)]
    text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return dict(_days(text.splitlines()))


def _days(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    day = ""
    for line in lines:
        if line.startswith("committer-time "):
            day = datetime.fromtimestamp(int(line.split()[1]), UTC).date().isoformat()
        elif line.startswith("\t"):
            yield line.strip().partition("==")[0], day


def page() -> str:
    """Return the document."""
    days, text = fixed_on(), _HEAD
    for part, packages in parts().items():
        text += f"\n## {part}\n\n{PARTS[part]}\n\n{_TABLE}"
        text += "".join(f"{each.row(days[each.name])}\n" for each in packages)
    return text


if __name__ == "__main__":
    print(page(), end="")
