"""The digests of the numbers that merges link, kept encrypted: seals of other holders are named by digests (R45)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import record_pb2
from federation.values.tokens import digest_token, identifier_digest
from node.identity.merge_book import MergeBook
from node.register.acts import Desk, parse_id
from node.register.links_schema import person_link, person_link_digest
from node.store.vault import Vault
from server.journal.work import Work

_LOGGER = logging.getLogger(__name__)


def of_numbers(lookup_key: bytes, person: record_pb2.Person) -> Mapping[bytes, bytes]:
    """Return the digest of each identity number of a person, by its token."""
    digests = (identifier_digest(each.type, each.number) for each in person.identifiers)
    return {digest_token(lookup_key, digest): digest for digest in digests}


def keep(connection: Connection, vault: Vault, digests: Mapping[bytes, bytes]) -> None:
    """Keep digests by token."""
    rows = [{"token": token, "body": vault.wrap(digest, token)} for token, digest in digests.items()]
    if rows:
        connection.execute(insert(person_link_digest).on_conflict_do_nothing(), rows)


def forget_unlinked(connection: Connection) -> None:
    """Erase the digests of numbers that no merge links any more."""
    linked = select(person_link.c.token)
    connection.execute(delete(person_link_digest).where(person_link_digest.c.token.not_in(linked)))


def complete(desk: Desk, lookup_key: bytes, book: MergeBook) -> None:
    """Fill in the digests of merges that an earlier program made, from the records that were merged.

    A number whose record has been withdrawn since stays without: such a record is in no answer.
    """

    def command(work: Work) -> None:
        linked = {bytes(t) for t in work.view.execute(select(person_link.c.token).distinct()).scalars()}
        there = {bytes(t) for t in work.view.execute(select(person_link_digest.c.token)).scalars()}
        missing = linked - there
        if not missing:
            return
        found = {
            t: d for person in _merged(work, desk, book) for t, d in of_numbers(lookup_key, person).items()
        }
        keep(work.view, desk.sealer.link_vault, {t: d for t, d in found.items() if t in missing})
        if left := missing - found.keys():
            _LOGGER.warning("%d merged numbers have no record any more", len(left))

    desk.journal.run(command)


def _merged(work: Work, desk: Desk, book: MergeBook) -> Iterator[record_pb2.Person]:
    for merge_id in book.ids(work.view):
        merge = book.read(work.view, merge_id)
        for side in (merge.events[0].one, merge.events[0].other) if merge.stands else ():
            standing = desk.records.by_id(work.view, parse_id(side.record_id))
            if standing is not None:
                yield desk.records.newest(work.view, standing).record.person
