"""The closed vocabularies of the law. Their values never change, because logs, JSON, TOML and tables contain them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class RecordClass(StrEnum):
    """The classes of record, in the order in which questions search them (R64).

    `PROCESS` records (compulsory measures, withdrawn cases) say nothing of guilt; they and `WORKING` records are kept
    apart and answer no question (R46, R64).
    """

    CRIMINAL = "criminal"
    PUBLIC_ORDER = "public_order"
    NON_PROSECUTION = "non_prosecution"
    REEDUCATION = "reeducation"
    PROCESS = "process"
    WORKING = "working"


NEVER_ASKED: Final = frozenset({RecordClass.PROCESS, RecordClass.WORKING})
"""The classes that answer no question."""


class Purpose(StrEnum):
    """The purpose of a question, which decides what its answer may show (Q1-Q6 in docs/law.md)."""

    CASE = "case"
    PUBLIC = "public"
    DEFENCE = "defence"
    SEALED_CASE = "sealed_case"
    SEALED_PROVISION = "sealed_provision"
    OWN = "own"


class SealRule(StrEnum):
    """The rules that seal records (S1-S4 in docs/law.md).

    S1: minors' convictions of five years or lighter. S2: other records of minors. S3: public-order records.
    S4: reserved, not in force.
    """

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
