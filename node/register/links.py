"""Links between blind tokens of one person, made by merges; held in memory, because merges are few.

A link reveals nothing of any record, sealed or not: it only makes a question by one number search the other too.
Each reader may find the same kinds of records as before. Each linked token has the digest of its number, encrypted
in the store, because other holders' seals name persons by digests (R45).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from node.register.link_store import LinkStore, StoredLinks
from node.store.vault import Vault
from server.journal.work import View


class PersonLinks:
    """The current links; replaced as a whole when a merge was committed, so reading needs no lock."""

    def __init__(self, vault: Vault) -> None:
        #: Where the links are stored.
        self.store = LinkStore(vault=vault)
        self._current = StoredLinks({}, {})
        self._loading = threading.Lock()

    def digests(self, tokens: Iterable[bytes]) -> list[bytes]:
        """Return the digests of those of `tokens` that belong to a merge."""
        kept = self._current.digests
        return [kept[token] for token in tokens if token in kept] if kept else []

    def expand(self, tokens: Iterable[bytes]) -> list[bytes]:
        """Return `tokens` and every token linked to them, directly or through others, each once."""
        found = dict.fromkeys(tokens)
        linked = self._current.linked
        waiting = [token for token in found if token in linked]
        while waiting:
            for token in linked.get(waiting.pop(), ()):
                if token not in found:
                    found[token] = None
                    waiting.append(token)
        return list(found)

    def are_one(self, some: Iterable[bytes], others: Iterable[bytes]) -> bool:
        """Return whether a token of `some` leads to one of `others`."""
        return not set(others).isdisjoint(self.expand(some))

    def load(self, view: View) -> None:
        """Load the links from the store; calls at the same time run one after the other, so the newest links stay."""
        with self._loading:
            self._current = self.store.read(view)
