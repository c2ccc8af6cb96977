"""The lines to all nodes of the charter, rebuilt when the charter moves a node, hung up when one is stuck."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import grpc

from federation.charter.model import Charter, Node
from gateway.link import Link

Connect = Callable[[Node, Charter], grpc.Channel]


class Links:
    """One `Link` per node, opened when first needed. A context manager."""

    def __init__(self, *, charter: Callable[[], Charter], connect: Connect, page_deadline_s: float) -> None:
        self._charter = charter
        self._connect = connect
        self._page_deadline_s = page_deadline_s
        self._links: dict[Node, Link] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._watch_over, name="links", daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._watch.join()
        with self._lock:
            links, self._links = list(self._links.values()), {}
        for link in links:
            link.close()

    def to(self, node: Node) -> Link:
        """Return the link to `node` as the charter describes it now."""
        link = self._links.get(node)
        if link is not None:
            return link
        with self._lock:
            link = self._links.get(node)
            if link is None:
                link = Link(node=node, connect=lambda: self._connect(node, self._charter()))
                link.open()
                self._links[node] = link
            return link

    def _watch_over(self) -> None:
        while not self._stop.wait(0.25):
            stuck_since = time.monotonic() - self._page_deadline_s
            with self._lock:
                current = list(self._links.items())
            for node, link in current:
                link.hang_up_if_busy_since(stuck_since)
                if self._moved(node):
                    with self._lock:
                        self._links.pop(node, None)
                    link.close()

    def _moved(self, node: Node) -> bool:
        try:
            return node not in self._charter().nodes
        except Exception:  # no usable charter: no question is served meanwhile, and lines may stay
            return False
