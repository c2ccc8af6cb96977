"""Which blind tokens are one person's besides those of one record: held in memory, for merges are few.

A link says nothing of any record, sealed or not: it only makes a question by one number be asked by the other
too. What each reader may then find is as before. With each linked token goes the digest of its number, encrypted in
the store, because what other holders sealed is named by digests (R45).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from node.register.link_store import LinkStore, StoredLinks
from node.store.vault import Vault
from server.journal.work import View


class Links:
    """The links that stand; replaced as a whole when a merge was committed, so reading needs no lock."""

    def __init__(self, vault: Vault) -> None:
        #: Where they are kept.
        self.store = LinkStore(vault=vault)
        self._standing = StoredLinks({}, {})
        self._loading = threading.Lock()

    def digests(self, tokens: Iterable[bytes]) -> list[bytes]:
        """Return the digests of those of `tokens` that belong to a merge."""
        kept = self._standing.digests
        return [kept[token] for token in tokens if token in kept] if kept else []

    def expand(self, tokens: Iterable[bytes]) -> list[bytes]:
        """Return `tokens` and every token linked to them, directly or through others, each once."""
        found = dict.fromkeys(tokens)
        linked = self._standing.linked
        waiting = [token for token in found if token in linked]
        while waiting:
            for token in linked.get(waiting.pop(), ()):
                if token not in found:
                    found[token] = None
                    waiting.append(token)
        return list(found)

    def are_one(self, some: Iterable[bytes], others: Iterable[bytes]) -> bool:
        """Say whether a token of `some` leads to one of `others`."""
        return not set(others).isdisjoint(self.expand(some))

    def load(self, view: View) -> None:
        """Take up what stands in the store; of two that load at once the later one reads later."""
        with self._loading:
            self._standing = self.store.read(view)
