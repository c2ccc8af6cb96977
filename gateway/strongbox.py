"""Encryption of the notices that a gateway keeps, and the blind tokens by which it delivers them in order."""

from __future__ import annotations

from federation.notices.routing import person_of
from federation.v1 import notice_pb2
from federation.values.identifiers import normalise_identifier
from federation.values.names import normalise_name
from federation.values.tokens import token
from server.journal.cipher import Cipher


class Strongbox:
    """Encrypts bodies and makes order keys under the relay's key."""

    def __init__(self, *, key: bytes) -> None:
        self._key = key
        self._cipher = Cipher(key, of="a stored notice")

    def lock(self, clear: bytes, bound_to: bytes) -> bytes:
        """Return ciphertext that opens only with the same `bound_to`."""
        return self._cipher.lock(clear, bound_to)

    def unlock(self, locked: bytes, bound_to: bytes) -> bytes:
        """Return the clear bytes; raises `Corrupt`."""
        return self._cipher.unlock(locked, bound_to)

    def token(self, kind: str, *parts: str) -> bytes:
        """Return a blind token under this key."""
        return token(self._key, kind, *parts)

    def judgment_key(self, number: str) -> bytes:
        """Return the token of a judgment by its canonical number."""
        return token(self._key, "judgment", number)

    def order_keys(self, notice: notice_pb2.Notice) -> tuple[bytes | None, bytes]:
        """Return the tokens of (judgment with person) and person; notices that share a token are delivered in order."""
        person = person_of(notice)
        if person.identifiers:
            who = normalise_identifier("other", person.identifiers[0].number)
        elif person.names:
            who = f"{normalise_name(person.names[0].text)}:{person.birth_date}"
        else:
            who = notice.correction.record_id
        number = (
            notice.record.judgment_number.canonical
            if notice.kind == notice_pb2.NOTICE_KIND_JUDGMENT
            else notice.judgment.number.canonical
        )
        judgment = self.judgment_key(number) if number else None
        return judgment, token(self._key, "person", who)
