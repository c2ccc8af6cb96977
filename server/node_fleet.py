"""A worker for each node of the charter, for as long as a server runs."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from federation.background.fleet import Fleet, Worker
from federation.charter.model import Charter


class NodeFleet(Fleet):
    """The workers of all nodes, those that join the charter later included. A context manager."""

    def __init__(
        self,
        worker: Callable[[str], Worker],
        *,
        charter: Callable[[], Charter],
        hang_up: Callable[[], None] | None = None,
        within_s: float | None = None,
    ) -> None:
        """`worker` makes the worker of a node; `hang_up` and `within_s` are those of a `Fleet`."""
        super().__init__(worker, hang_up=hang_up, within_s=within_s)
        self._charter = charter

    def __enter__(self) -> Self:
        self.open(str(node.name) for node in self._charter().nodes)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
