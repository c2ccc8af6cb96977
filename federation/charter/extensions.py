"""What the charter's policy declares of additions to records (R22): name, type, who may see it, personal or not.

A policy without the key `extensions` says nothing about them, and any may be entered, as when it was signed. A row that
does not hold declares nothing, and nothing else fails by it: what it names cannot be entered. No policy with such a
row is published.
"""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import Final

from federation.charter.table import TomlTable
from federation.errors import CharterUnusable
from federation.record.extensions import Declarations, Extension, ExtensionType, declaration_faults

KEY: Final = "extensions"
_LOGGER = logging.getLogger(__name__)


def declarations(policy: TomlTable) -> Declarations:
    """Return what a policy declares; rows that do not hold are left out."""
    if KEY not in policy.content:
        return Declarations()
    declared: dict[str, Extension] = {}
    for row in policy.rows(KEY):
        try:
            read = read_extension(row)
        except CharterUnusable as error:
            _LOGGER.warning("an addition is not declared: %s", error.message)
        else:
            declared.setdefault(read.name, read)
    return Declarations(MappingProxyType(declared))


def insist_declarations(policy: TomlTable) -> None:
    """Raise `CharterUnusable`, naming file and field, when a declaration does not hold or a name is declared twice."""
    names: set[str] = set()
    for row in policy.rows(KEY):
        name = read_extension(row).name
        if name in names:
            raise row.wrong("name", f"R22: {name} is declared twice")
        names.add(name)


def read_extension(row: TomlTable) -> Extension:
    """Return the declaration in a row; raises `CharterUnusable`, naming file and field, with every fault of it."""
    name, type_ = row.take("name", str), row.take("type", str)
    shown_to, personal = row.texts("shown_to"), row.take("personal", bool)
    faults = declaration_faults(name, type_, shown_to, personal=personal)
    if faults:
        raise row.wrong(faults[0].field, "; ".join(f"{each.rule}: {each.message}" for each in faults))
    return Extension(name, ExtensionType(type_), frozenset(shown_to), personal)
