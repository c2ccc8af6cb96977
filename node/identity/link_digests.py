"""The digests of the numbers that merges link: seals of other holders are named by digests (R45)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

from federation.v1 import record_pb2
from federation.values.tokens import digest_token, number_digests
from node.identity.merge_store import MergeStore
from node.register.acts import Register, parse_id
from server.journal.work import Work

_LOGGER = logging.getLogger(__name__)


def of_numbers(lookup_key: bytes, person: record_pb2.Person) -> Mapping[bytes, bytes]:
    """Return the digest of each identity number of a person, by its token."""
    digests = number_digests(person.identifiers)
    return {digest_token(lookup_key, digest): digest for digest in digests}


def complete(register: Register, lookup_key: bytes, merges: MergeStore) -> None:
    """Fill in the digests of merges that an earlier program made, from the records that were merged.

    A number whose record has been withdrawn since gets no digest: such a record is in no answer.
    """

    def command(work: Work) -> None:
        missing = register.links.store.without_digest(work.view)
        if not missing:
            return
        found = {
            t: d
            for person in _merged(work, register, merges)
            for t, d in of_numbers(lookup_key, person).items()
        }
        register.links.store.keep_digests(work, {t: d for t, d in found.items() if t in missing})
        if left := missing - found.keys():
            _LOGGER.warning("%d merged numbers have no record any more", len(left))

    register.journal.run(command)


def _merged(work: Work, register: Register, merges: MergeStore) -> Iterator[record_pb2.Person]:
    for merge_id in merges.ids(work.view):
        merge = merges.read(work.view, merge_id)
        for side in (merge.events[0].one, merge.events[0].other) if merge.stands else ():
            current = register.records.by_id(work.view, parse_id(side.record_id))
            if current is not None:
                yield register.records.newest(work.view, current).record.person
