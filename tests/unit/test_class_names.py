"""A class name means one thing: no two classes of the product share one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("bench", "certs", "compose", "federation", "gateway", "node", "server")
#: Of the proto's services: a node and a gateway that offer the same service name its servicer alike.
_GENERATED = "Servicer"


def _classes() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield each class of the product: its name, its module, and what it is made from."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" in path.parts or path.stem.endswith(("_pb2", "_pb2_grpc")):
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    bases = tuple(ast.unparse(base) for base in node.bases)
                    yield node.name, path.relative_to(ROOT).as_posix(), bases


def _used_twice(classes: Iterator[tuple[str, str, tuple[str, ...]]]) -> dict[str, list[str]]:
    """Return the modules of each name that stands for two things."""
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for name, module, bases in classes:
        found.setdefault(name, []).append((module, bases))
    return {
        name: [module for module, _ in uses]
        for name, uses in found.items()
        if len(uses) > 1 and not _one_service([bases for _, bases in uses])
    }


def _one_service(bases: list[tuple[str, ...]]) -> bool:
    first = bases[0]
    return len(first) == 1 and first[0].endswith(_GENERATED) and all(each == first for each in bases)


def test_no_class_name_is_used_for_two_things() -> None:
    assert _used_twice(_classes()) == {}


@pytest.mark.parametrize(
    ("one", "other", "twice"),
    [
        ((), (), True),
        (("Part",), ("Part",), True),
        (("grpc_.SealingServiceServicer",), ("grpc_.SealingServiceServicer",), False),
        (("grpc_.SealingServiceServicer",), ("grpc_.RecallServiceServicer",), True),
        (("grpc_.SealingServiceServicer",), (), True),
    ],
)
def test_only_servicers_of_one_service_share_a_name(
    one: tuple[str, ...], other: tuple[str, ...], *, twice: bool
) -> None:
    found = _used_twice(iter([("Same", "node/a.py", one), ("Same", "gateway/b.py", other)]))
    assert bool(found) is twice
