"""Fetch each node's spreading seals when a gateway starts, because its store may be an old copy (R45).

Until then the node counts as unreachable for questions: some of its seals might be unknown here. A node that runs
an earlier program lists nothing; this is logged as a warning once, and its seals count as fetched.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from typing import Final

from federation.charter.model import Node
from federation.errors import Corrupt, HutongError
from federation.statements.seals import MOST_PER_PAGE
from federation.v1 import sealing_pb2
from gateway.sealing.node_calls import NodeCalls
from gateway.sealing.spreading import ProposalVerifier, VerifiedProposal
from gateway.sealing.taking import ProposalIntake

_LOGGER = logging.getLogger(__name__)
DEADLINE_S: Final = 15.0
#: Pages of 256 each, after which a list counts as endless and is refused.
_MOST_PAGES: Final = 40_000


class FetchedSeals:
    """Knows which nodes' spreading seals were fetched since this start; used from any thread."""

    def __init__(self, *, calls: NodeCalls, reading: ProposalVerifier, taking: ProposalIntake) -> None:
        self._calls = calls
        self._reading = reading
        self._taking = taking
        self._ready: set[Node] = set()
        self._silent: set[str] = set()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def ready(self, node: Node) -> bool:
        """Say whether `node` may be asked: the seals it had at this gateway's start are known here."""
        return node in self._ready

    def vouches(self, node: Node) -> bool:
        """Say whether a page of `node` states which of its seals are spreading; an earlier program states none."""
        return node.name not in self._silent

    def sync(self, node: Node) -> None:
        """Fetch and store the list of `node`; raises a `HutongError` when that is not possible now."""
        with self._locks[str(node.name)]:
            if self.ready(node):
                return
            after = ""
            for _ in range(_MOST_PAGES):
                try:
                    query = sealing_pb2.SpreadingQuery(after=after, limit=MOST_PER_PAGE)
                    page = self._calls.list_spreading(node, query, timeout=DEADLINE_S)
                except HutongError as error:
                    if error.reason != "UNIMPLEMENTED":
                        raise
                    _LOGGER.warning(
                        "%s runs an earlier program: it does not list what it has sealed", node.name
                    )
                    self._silent.add(node.name)
                    break
                self._take(node, page)
                if not page.last:
                    self._silent.discard(node.name)
                    break
                if page.last == after:
                    raise Corrupt(f"{node.name} lists the same page again")
                after = page.last
            else:
                raise Corrupt(f"{node.name} lists without end")
            self._ready.add(node)

    def _take(self, node: Node, page: sealing_pb2.ListSpreadingResponse) -> None:
        if len(page.proposed) > MOST_PER_PAGE:
            raise Corrupt(f"{node.name} lists more on a page than it was asked for")
        proposer, spreading = str(node.installation), list[VerifiedProposal]()
        for proposed in page.proposed:
            try:
                spreading += self._reading.proposals([proposed], proposer, strict=False)
            except HutongError as error:  # an invalid proposal does not keep back the others
                _LOGGER.warning("%s lists a proposal that does not hold: %s", node.name, error.reason)
        self._taking.listed(spreading, proposer)
