"""Blind tokens, by which a store finds a person without keeping names or numbers in clear.

A person's digest is SHA-256 over a typed and normalised identifier, over (name key, birth date), or over the name key
alone where no birth date is known. A token is HMAC-SHA-256 of a digest under a secret key, cut to 16 bytes. Without the
key, a token reveals nothing; with it, numbers can be tried one by one, so the key never leaves its node. Digests can be
guessed by anybody: they travel only between nodes and gateways, and are never stored longer than needed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from federation.v1 import query_pb2, record_pb2
from federation.values.calendar import near_days, near_parts
from federation.values.enum_names import enum_name
from federation.values.first_names import first_form
from federation.values.identifiers import (
    IdentifierType,
    birth_date_of,
    is_citizen_id,
    normalise_identifier,
)
from federation.values.names import earlier_key, name_key, orders
from federation.values.numbers import citizen_numbers, verified_numbers
from federation.values.terms import RecordClass

FINDING: Final = "found-6"
"""The edition of these tokens. Another edition makes every node add tokens to the records that it has (A14).

`found-2`: by the key of a name, by the name alone where no birth date is known, and by a number of GB 11643 under
whatever kind of document it was typed. `found-3`: by the birth date of a verified number also where the record states
another, and by more forms of characters. `found-4`: open records that rules close are found by their judgment.
`found-5`: closed records are found by the judgments that their texts name too, and records whose only birth date is
inside a declared number by the name alone. `found-6`: so are records whose only verified number has fifteen digits and
is of another document than a citizen's card; all by more forms of characters (and by `earlier_key`, as before), closed
records by an old number of their judgment under any court. The tokens of before stay: nothing is lost meanwhile.
"""
TOKEN_BYTES = 16
DIGEST_BYTES = 32
#: A letter or two with six digits (Hong Kong) or seven digits (Macao, also 1/234567/8), and a check digit in brackets.
_BRACKETED: Final = re.compile(
    r"(?P<body>[A-Z]{1,2}[0-9]{6}|[157]/?[0-9]{6})(?:\((?=.\))|/)?(?P<check>[0-9A])\)?"
)
_CITIZEN = record_pb2.IDENTIFIER_TYPE_CITIZEN_ID


def token(key: bytes, kind: str, *parts: str) -> bytes:
    """Return the token of `parts`; `kind` keeps different uses apart."""
    text = "\x1f".join((kind, *parts))
    return _mac(key, text.encode())


def identifier_digest(type_: record_pb2.IdentifierType.ValueType, number: str) -> bytes:
    """Return the digest of a strong identifier; raises `ValueError` when the number is empty."""
    kind = enum_name(record_pb2.IdentifierType.DESCRIPTOR, type_)
    return _digest("identifier", kind, normalise_identifier(kind, number))


def name_digest(name: str, birth_date: str) -> bytes:
    """Return the digest of a name's key with a birth date, which finds but does not identify."""
    return _digest("name+birth", name_key(name), birth_date)


def name_only_digest(name: str) -> bytes:
    """Return the digest of a name's key alone, which finds records that know no birth date, or none to rely on."""
    return _digest("name", name_key(name))


def digest_token(key: bytes, digest: bytes) -> bytes:
    """Return the token of a person's digest: with it, look-ups and sealing proposals find the same rows."""
    return _mac(key, b"person\x1f" + digest)


def person_digests(person: record_pb2.Person) -> Iterator[bytes]:
    """Yield every digest under which the person of a record can be found.

    Where no birth date is stated, the one inside a citizen number is used. That of a verified number is used
    in any case: a stated date that contradicts it is a dispute about age, and either may be asked. Where there is none
    at all, or only one inside numbers that were declared and may be made up, the name alone finds the record.
    """
    yield from number_digests(person.identifiers)
    births = _births(person.birth_date, person.identifiers)
    births += [day for day in dict.fromkeys(_verified(person)) if day not in births]
    for birth in births:
        for name in person.names:
            yield from _name_digests(name.text, birth)
    if not person.birth_date and not any(map(_is_verified, person.identifiers)):
        for form in dict.fromkeys(key(name.text) for name in person.names for key in (name_key, earlier_key)):
            yield _digest("name", form)


def number_digests(identifiers: Iterable[record_pb2.Identifier]) -> Iterator[bytes]:
    """Yield the digests of these numbers: as typed, and as a citizen number where one is typed as something else.

    Citizen numbers and the residence permits of GB 11643 are one series, in which each number is given once.
    """
    for identifier in identifiers:
        yield identifier_digest(identifier.type, identifier.number)
        if identifier.type != _CITIZEN and is_citizen_id(identifier.number):
            yield identifier_digest(_CITIZEN, identifier.number)


def person_tokens(key: bytes, person: record_pb2.Person) -> Iterator[bytes]:
    """Yield every token under which the person of a record can be found."""
    for digest in person_digests(person):
        yield digest_token(key, digest)


def subject_tokens(key: bytes, subject: query_pb2.Subject) -> tuple[list[bytes], list[bytes]]:
    """Return the tokens of a question: those that identify the person, and those that only find candidates."""
    return digests_tokens(key, subject_digests(subject))


def digests_tokens(
    key: bytes, digests: tuple[Iterable[bytes], Iterable[bytes]]
) -> tuple[list[bytes], list[bytes]]:
    """Return the tokens of a question of which the digests (`subject_digests`) are known already."""
    strong, weak = digests
    return [digest_token(key, digest) for digest in strong], [digest_token(key, digest) for digest in weak]


def subject_digests(subject: query_pb2.Subject) -> tuple[list[bytes], list[bytes]]:
    """Return the digests of the person asked about: those that identify, and those that only find candidates.

    Candidates are found by a number under another kind of document (one of GB 11643 is one under every kind), or by
    one of Hong Kong or Macao with its check digit in brackets or without. By name, a record with only the year or month
    of birth is found by a full date too, or by one a year off, one without any by the name alone, and one whose birth
    date is easily written for the one asked (`near_days`); a name in letters in every order of its parts. Raises
    `ValueError` when a number is empty.
    """
    strong: dict[bytes, None] = {}
    weak: dict[bytes, None] = {}
    for identifier in subject.identifiers:
        typed, others, one_series = _under_every_kind(identifier)
        strong[typed] = None
        (strong if one_series else weak).update(dict.fromkeys(others))
    if subject.name:
        forms = dict.fromkeys((name_key(subject.name), first_form(subject.name)))
        births = _births(subject.birth_date, subject.identifiers)
        days = dict.fromkeys(
            day for birth in births for day in (birth, birth[:7], birth[:4], *near_days(birth))
        )
        keys = dict.fromkeys(key(each) for each in orders(subject.name) for key in (name_key, earlier_key))
        about = days | dict.fromkeys([near for birth in births for near in near_parts(birth)])
        # Most names have one form, which is their key: each is digested once with each day.
        for form, its in (dict.fromkeys(forms, days) | dict.fromkeys(keys, about)).items():
            weak |= dict.fromkeys(_dated_digests(form, its))
        weak |= {_digest("name", key): None for key in keys}
    return list(strong), [digest for digest in weak if digest not in strong]


def finds_without_number(subject: query_pb2.Subject) -> bool:
    """Return whether a question finds records without a number: it gives a name, and a birth date or one in a number.

    Raises `ValueError` when a number is empty.
    """
    return bool(subject.name and _births(subject.birth_date, subject.identifiers))


def class_token(key: bytes, record_class: str, token: bytes) -> bytes:
    """Return the token under which a person is found in one class of record; criminal records use `token` itself.

    So a look-up of one class cannot find a row of another, even after other errors (R64).
    """
    if record_class == RecordClass.CRIMINAL:
        return token
    return _mac(key, b"class\x1f" + record_class.encode() + b"\x1f" + token)


def judgment_digests(
    record: record_pb2.Record, persons: Iterable[bytes] | None = None
) -> tuple[list[bytes], list[bytes]]:
    """Return digests of each person's digest combined with the judgment number, and with the final day.

    `persons` are the record's own unless given. A list is empty where the record has no number or no day.
    """
    number, final = record.judgment_number.canonical, record.final_on
    whose = [each.hex() for each in (person_digests(record.person) if persons is None else persons)]
    return (
        [_digest("judgment", person, number) for person in whose] if number else [],
        [_digest("final", person, final) for person in whose] if final else [],
    )


def case_digest(record: record_pb2.Record) -> bytes:
    """Return the digest of the judgment itself, by its number and whoever was convicted; empty when that is unknown."""
    number = record.judgment_number.canonical
    return number_digest(number) if number else b""


def number_digest(canonical: str) -> bytes:
    """Return the digest of the judgment of this number."""
    return _digest("case", canonical)


def case_token(key: bytes, digest: bytes) -> bytes:
    """Return the token under which a node remembers a judgment in which another holder has sealed an offender."""
    return _mac(key, b"case\x1f" + digest)


def judgment_token(key: bytes, digest: bytes) -> bytes:
    """Return the token under which a node remembers one of these pairs; it reveals neither part."""
    return _mac(key, b"judgment\x1f" + digest)


def _mac(key: bytes, text: bytes) -> bytes:
    """Return HMAC-SHA-256 of a text, cut to a token."""
    mac = _keyed(key).copy()
    mac.update(text)
    return mac.finalize()[:TOKEN_BYTES]


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> HMAC:
    """Return HMAC-SHA-256 with its key taken in, to be copied: most of its work, and a question has many tokens."""
    return HMAC(key, SHA256())


def _under_every_kind(identifier: record_pb2.Identifier) -> tuple[bytes, list[bytes], bool]:
    """Return a number's digest as typed, its digests under every kind, and whether it is one of GB 11643."""
    number = normalise_identifier(IdentifierType.OTHER, identifier.number)
    bracketed = [other for other in _bracketed(number) if other != number]
    citizen = normalise_identifier(IdentifierType.CITIZEN_ID, number)
    found = {
        kind: _digest("identifier", kind, citizen if kind is IdentifierType.CITIZEN_ID else number)
        for kind in IdentifierType
    }
    typed = found[IdentifierType(enum_name(record_pb2.IdentifierType.DESCRIPTOR, identifier.type))]
    others = [_digest("identifier", kind, other) for kind in IdentifierType for other in bracketed]
    return typed, [*found.values(), *others], is_citizen_id(citizen)


def _bracketed(number: str) -> tuple[str, ...]:
    """Return the ways of writing an identity number of Hong Kong (A123456(7)) or Macao (1234567(8)); () for others."""
    match = _BRACKETED.fullmatch(number)
    if match is None:
        return ()
    body, check = match["body"].replace("/", ""), match["check"]
    return f"{body}({check})", f"{body}{check}"


def _name_digests(name: str, birth: str) -> dict[bytes, None]:
    """Return the digests of a name with a birth date: by the name's key, and as earlier programs made them."""
    forms = dict.fromkeys((name_key(name), first_form(name), earlier_key(name)))
    return dict.fromkeys(_digest("name+birth", form, birth) for form in forms)


def _births(stated: str, identifiers: Iterable[record_pb2.Identifier]) -> list[str]:
    """Return the birth date that is stated, else those inside citizen numbers."""
    return [stated] if stated else list(dict.fromkeys(_inside(identifiers)))


def _verified(person: record_pb2.Person) -> Iterator[str]:
    """Yield the birth date inside each verified number."""
    for number in verified_numbers(person):
        yield birth_date_of(number).isoformat()


def _is_verified(identifier: record_pb2.Identifier) -> bool:
    """Return whether a birth date inside the number is verified; fifteen digits of others hold one by chance."""
    return identifier.verification == record_pb2.VERIFICATION_VERIFIED and any(citizen_numbers([identifier]))


def _inside(identifiers: Iterable[record_pb2.Identifier]) -> Iterator[str]:
    for identifier in identifiers:
        if identifier.type == _CITIZEN or is_citizen_id(identifier.number):
            number = normalise_identifier(IdentifierType.CITIZEN_ID, identifier.number)
            try:
                yield birth_date_of(number).isoformat()
            except ValueError:
                continue


def _dated_digests(name: str, days: Iterable[str]) -> Iterator[bytes]:
    """Yield the digests of a name with each of many days; what they have in common is digested once."""
    begun = _begun("name+birth").copy()
    begun.update(f"{name}\x1f".encode())
    for day in days:
        digest = begun.copy()
        digest.update(day.encode())
        yield digest.digest()


def _digest(kind: str, *parts: str) -> bytes:
    digest = _begun(kind).copy()
    digest.update("\x1f".join(parts).encode())
    return digest.digest()


@lru_cache(maxsize=16)
def _begun(kind: str) -> hashlib._Hash:
    """Return SHA-256 with the beginning of all digests of a kind taken in, to be copied: a question has many."""
    return hashlib.sha256(f"hutong\x1f{kind}\x1f".encode())
