"""Every reason of a refusal stands in docs/reference.md with what to do, and every one there is raised."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference.md"
NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
#: Not reasons of refusals: what an answer says of a record or an outcome, which docs/reference.md tells elsewhere.
OUTCOMES = {"REDACTED", "TOO_MANY_CANDIDATES"}
#: Names of a whole class of errors, of which each that is raised has a reason of its own or a message alone.
CLASSES = {
    "INTERNAL",
    "UNAUTHENTICATED",
    "BAD_ENVELOPE",
    "PERMISSION_DENIED",
    "UNAVAILABLE",
    "CORRUPT",
    "NOT_FOUND",
}


def modules() -> Iterator[ast.Module]:
    for folder in ("federation", "server", "node", "gateway", "certs", "compose"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "v1" not in path.parts:
                yield ast.parse(path.read_text("utf-8"))


def constants(trees: list[ast.Module]) -> dict[str, set[str]]:
    """Return the texts that names of modules stand for."""
    found: dict[str, set[str]] = {}
    for tree in trees:
        for node in tree.body:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
            value = getattr(node, "value", None)
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                for target in targets:
                    if isinstance(target, ast.Name):
                        found.setdefault(target.id, set()).add(value.value)
    return found


def given(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what is given as a reason: in a call, or to an attribute of a class or an error."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (each.value for each in node.keywords if each.arg == "reason")
        elif isinstance(node, ast.Assign):
            names = {getattr(each, "id", getattr(each, "attr", "")) for each in node.targets}
            if "reason" in names:
                yield node.value


@cache
def raised() -> frozenset[str]:
    trees = list(modules())
    known = constants(trees)
    values: set[str] = set()
    for each in (value for tree in trees for value in given(tree)):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            values.add(each.value)
        elif isinstance(each, ast.Name):
            values |= known.get(each.id, set())
    return frozenset(value for value in values if NAME.fullmatch(value)) - OUTCOMES


def rows() -> dict[str, str]:
    """Return each reason of the tables of errors and of failed starts, to what the table says to do."""
    text = REFERENCE.read_text("utf-8")
    found: dict[str, str] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and cells[0].startswith("`") and len(cells) in (2, 3):
            found |= {name: cells[-1] for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", cells[0])}
    return found


def test_a26_every_reason_of_a_refusal_is_in_the_reference() -> None:
    missing = raised() - rows().keys() - CLASSES
    assert not missing, (
        f"in docs/reference.md, Errors that callers see, say what to do about {sorted(missing)}"
    )


def test_a26_every_reason_in_the_reference_is_raised_and_says_what_to_do() -> None:
    text = REFERENCE.read_text("utf-8")
    errors = text.partition("\n## Errors that callers see\n")[2].partition("\n## ")[0]
    documented = {
        name: rows()[name] for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", errors) if name in rows()
    }
    assert len(documented) > 60
    assert not documented.keys() - raised() - CLASSES
    assert not [name for name, do in documented.items() if len(do) < 5]
