"""The catalogue of statutory bases for public questions.

Every public question names one row (R36) and is answered only as far as that row goes (R37).
"""

from federation.law.bases.catalogue import DEFAULT, load_bases
from federation.law.bases.row import PURPOSES, RANKS, RECORD_CLASSES, SEALED_BY, Basis, require_usable

__all__ = [
    "DEFAULT",
    "PURPOSES",
    "RANKS",
    "RECORD_CLASSES",
    "SEALED_BY",
    "Basis",
    "load_bases",
    "require_usable",
]
