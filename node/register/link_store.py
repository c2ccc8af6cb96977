"""Storage of the links between identity numbers: blind tokens, with each number's digest encrypted (R45)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from node.register.links_schema import person_link, person_link_digest
from node.store.counted import count_in, count_out
from node.store.vault import Vault
from server.journal.work import View, Work


@dataclass(frozen=True, slots=True)
class StoredLinks:
    """All current links: each token with those linked to it directly, and with its number's digest."""

    linked: Mapping[bytes, frozenset[bytes]]
    digests: Mapping[bytes, bytes]


class LinkStore:
    """Reads and writes the links that merges make."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def read(self, view: View) -> StoredLinks:
        """Return all current links."""
        linked: dict[bytes, set[bytes]] = {}
        for row in view.execute(select(person_link.c.token, person_link.c.linked)):
            linked.setdefault(bytes(row.token), set()).add(bytes(row.linked))
        digests = {
            bytes(row.token): self._vault.unwrap(bytes(row.body), bytes(row.token))
            for row in view.execute(select(person_link_digest))
            if bytes(row.token) in linked
        }
        return StoredLinks({token: frozenset(others) for token, others in linked.items()}, digests)

    def link(
        self, work: Work, merge_id: bytes, one: Mapping[bytes, bytes], other: Mapping[bytes, bytes]
    ) -> None:
        """Link every number of one side to every one of the other; each side maps tokens to digests."""
        rows = [
            {"merge_id": merge_id, "token": token, "linked": linked}
            for token, linked in (*product(one, other), *product(other, one))
        ]
        work.view.execute(insert(person_link), rows)
        for row in rows:
            count_in(work, person_link.name, row)
        self.keep_digests(work, {**one, **other})

    def unlink(self, work: Work, merge_id: bytes) -> None:
        """Delete the links of a merge; the digests stay until `forget_unlinked`."""
        its = person_link.c.merge_id == merge_id
        for row in work.view.execute(select(person_link).where(its)).mappings().all():
            count_out(work, person_link.name, dict(row))
        work.view.execute(delete(person_link).where(its))

    def sides(self, view: View, merge_id: bytes) -> tuple[list[bytes], list[bytes]]:
        """Return the two sides of a merge, whose tokens are all linked to those of the other side."""
        query = select(person_link.c.token, person_link.c.linked).where(person_link.c.merge_id == merge_id)
        pairs = [(bytes(row.token), bytes(row.linked)) for row in view.execute(query)]
        first = pairs[0][0]
        others = [linked for token, linked in pairs if token == first]
        return [linked for token, linked in pairs if token == others[0]], others

    def without_digest(self, view: View) -> set[bytes]:
        """Return the linked tokens whose number's digest is not kept."""
        linked = {bytes(t) for t in view.execute(select(person_link.c.token).distinct()).scalars()}
        there = {bytes(t) for t in view.execute(select(person_link_digest.c.token)).scalars()}
        return linked - there

    def keep_digests(self, work: Work, digests: Mapping[bytes, bytes]) -> None:
        """Keep digests by token."""
        rows = [
            {"token": token, "body": self._vault.wrap(digest, token)} for token, digest in digests.items()
        ]
        if rows:
            work.view.execute(sqlite_insert(person_link_digest).on_conflict_do_nothing(), rows)

    def forget_unlinked(self, work: Work) -> None:
        """Erase the digests of numbers that no merge links any more."""
        linked = select(person_link.c.token)
        work.view.execute(delete(person_link_digest).where(person_link_digest.c.token.not_in(linked)))
