"""Check a gateway's keys by decrypting rows of its store: for stores that keep no check values of their keys yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from federation.errors import Corrupt
from gateway.ciphertext_store import filled
from server.journal.cipher import Cipher
from server.journal.work import View
from server.stores.key_checks import KeyKind
from server.stores.log_key import LOG_KEY

#: Table, its ciphertext column, and the columns that the ciphertext is bound to.
_HELD = (
    ("held_answer", "body", "answer_id"),
    ("sealing_proposal", "body", "node, key"),
    ("sealing_word", "body", "node, key"),
)
_RELAY = (
    ("submission", "envelope", ""),
    ("notice", "body", "digest"),
    ("receipt_page", "body", ""),
    ("told_answer", "body", "request"),
    ("recall", "body", "request"),
    ("discrepancy", "body", "digest"),
    ("carried_document", "content", "token"),
)
#: The name that a table's ciphertext is bound to, where it is not the name of the table.
_NAMES = {"receipt_page": b"receipts", "carried_document": b"content"}


def _held(view: View, keys: Mapping[str, bytes]) -> Iterator[bool]:
    """Decrypt answers kept for auditors, and proposals and acknowledgements on their way."""
    key = Cipher(keys["held"])
    for table, body, place in _HELD:
        for sealed, *bound in filled(view, table, body, place):
            texts = [str(each) for each in bound]
            yield _opens(key, sealed, "/".join(texts if table == "held_answer" else [table, *texts]).encode())


def _relay(view: View, keys: Mapping[str, bytes]) -> Iterator[bool]:
    """Decrypt notices, receipts, names of documents, disclosures, recalls and correction requests."""
    key = Cipher(keys["relay"])
    for table, body, place in _RELAY:
        for sealed, *bound in filled(view, table, body, place):
            yield _opens(key, sealed, _NAMES.get(table, table.encode()) + b"".join(bound))


def _opens(key: Cipher, sealed: bytes, bound_to: bytes) -> bool:
    try:
        key.unlock(sealed, bound_to)
    except Corrupt:
        return False
    return True


#: Every key of a gateway, with the tables that have rows encrypted with it.
GATEWAY_KEYS: Final = (
    LOG_KEY,
    KeyKind("held", tuple(table for table, _, _ in _HELD), _held),
    KeyKind("relay", (*(table for table, _, _ in _RELAY), "delivery"), _relay),
)
