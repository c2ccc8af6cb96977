"""The queue of notices as figures: how many deliveries wait for each node, and since when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from federation.charter.model import Charter
from gateway.relay.queue_store import QueueStore
from server.figures import Meaning, Sample
from server.journal.journal import Journal

WAITING: Final = "hutong_notices_waiting"
SINCE: Final = "hutong_notices_waiting_since_timestamp_seconds"


class QueueFigures:
    """The queues of one gateway, for each node of the charter."""

    meanings: Mapping[str, Meaning] = {
        WAITING: Meaning("notices that wait to be delivered to the node, without notices of sealing"),
        SINCE: Meaning("when the oldest of them was accepted; Unix time"),
    }

    def __init__(self, *, journal: Journal, store: QueueStore, charter: Callable[[], Charter]) -> None:
        self._journal = journal
        self._store = store
        self._charter = charter

    def samples(self) -> Iterator[Sample]:
        """Yield both figures of each node; the second only while something waits."""
        with self._journal.reading() as view:
            queues = {queue.node: queue for queue in self._store.queues(view)}
        for name in sorted({str(node.name) for node in self._charter().nodes} | queues.keys()):
            queue, labels = queues.get(name), {"node": name}
            yield Sample(WAITING, queue.deliveries if queue else 0, labels)
            if queue:
                yield Sample(SINCE, datetime.fromisoformat(queue.since).timestamp(), labels)
