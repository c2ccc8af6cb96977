"""Paths to fields of a record, as `person.names[0].text`: checked against the contract when a map is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from federation.record.extensions import name_faults
from federation.record.fields import INDISPENSABLE, MANDATORY
from federation.v1 import record_pb2 as pb

_STEP = re.compile(r"([a-z_0-9]+)(?:\[(\d{1,2}|\*)\])?")
_EXTENSIONS = "extensions."
_CONDUCT = re.compile(r"offences\[(\d+|\*)\]\.conduct_(from|to)")
#: The position [*]: every existing item.
EVERY = -1


@dataclass(frozen=True, slots=True)
class Path:
    """A field of the record: the steps to it, and its type.

    A step is a name and a position in a list: None where there is no list, `EVERY` for [*].
    """

    text: str
    steps: tuple[tuple[str, int | None], ...]
    field: FieldDescriptor | None
    #: The key of an extension (R22); then there are no steps.
    extension: str = ""

    @property
    def mandatory(self) -> str:
        """The mandatory field that this one fills, as `unknowns` names it; empty when it fills none (R13)."""
        return may_be_unknown(self.text)

    def put(self, record: pb.Record, value: Any) -> None:
        """Set the field in `record`; missing list items before it are added empty."""
        if self.extension:
            record.extensions[self.extension] = value
            return
        for message in _walk(record, self.steps[:-1]):
            name, at = self.steps[-1]
            if at is not None:
                item = _item(getattr(message, name), at)
                item.CopyFrom(value)
            elif isinstance(value, Message):
                getattr(message, name).CopyFrom(value)
            else:
                setattr(message, name, value)


#: The mandatory fields that may be unknown, as a message lists them (R13).
MAY_BE_UNKNOWN = ", ".join(
    [name for name in MANDATORY if name not in INDISPENSABLE]
    + ["offences[*].conduct_from", "offences[*].conduct_to"]
)


@lru_cache(maxsize=1024)  # asked for each column of each row
def may_be_unknown(path: str) -> str:
    """Return the mandatory field that `path` is or lies in, if it may be unknown; otherwise ""."""
    for known in MANDATORY:
        if known not in INDISPENSABLE and re.match(rf"{re.escape(known)}($|[.\[])", path):
            return known
    return path if _CONDUCT.fullmatch(path) else ""


def _walk(message: Message, steps: tuple[tuple[str, int | None], ...]) -> list[Any]:
    found: list[Any] = [message]
    for name, at in steps:
        if at == EVERY:
            found = [item for each in found for item in getattr(each, name)]
        elif at is None:
            found = [getattr(each, name) for each in found]
        else:
            found = [_item(getattr(each, name), at) for each in found]
    return found


def _item(items: Any, at: int) -> Any:
    while len(items) <= at:
        items.add()
    return items[at]


def parse_path(text: str) -> Path:
    """Return the path that `text` names; raises `ValueError` with the wrong step and the possible ones."""
    if text.startswith(_EXTENSIONS):
        name = text[len(_EXTENSIONS) :]
        for fault in name_faults(name):
            raise ValueError(f"{fault.message} [{fault.rule}]")
        return Path(text, (), None, extension=name)
    descriptor: Descriptor | None = pb.Record.DESCRIPTOR
    steps: list[tuple[str, int | None]] = []
    field: FieldDescriptor | None = None
    for part in text.split("."):
        match = _STEP.fullmatch(part)
        if match is None or descriptor is None:
            raise ValueError(f"{part[:40]!r} is not a step of a field's path such as person.names[0].text")
        field = descriptor.fields_by_name.get(match[1])
        if field is None:
            known = ", ".join(f.name for f in descriptor.fields)
            raise ValueError(f"{descriptor.name} has no field {match[1]!r}; it has {known}")
        if field.is_repeated != (match[2] is not None):
            wants = "is a list: say which item, [0] or [*]" if field.is_repeated else "is no list"
            raise ValueError(f"{match[1]} {wants}")
        steps.append((match[1], None if match[2] is None else EVERY if match[2] == "*" else int(match[2])))
        descriptor = field.message_type
    return Path(text, tuple(steps), field)


def constant(path: Path, value: Any) -> Any:
    """Return a TOML value converted to the type of the field, an enum value by its short name; raises `ValueError`."""
    if path.extension:
        return _expect(value, str)
    field = path.field
    if field is None or field.message_type is not None:
        raise ValueError("is a part with fields of its own: name one of them")
    if field.enum_type is not None:
        return enum_value(path, _expect(value, str))
    kinds: dict[int, type] = {field.CPPTYPE_STRING: str, field.CPPTYPE_BOOL: bool}
    return _expect(value, kinds.get(field.cpp_type, int))


def _expect(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"takes a {kind.__name__}, not {type(value).__name__}")
    return value


def enum_value(path: Path, name: str) -> int:
    """Return the number of "MALE" or "male" for a field of that enum; raises `ValueError` naming the choices."""
    enum = path.field.enum_type if path.field is not None else None
    if enum is None:
        raise ValueError("is no field with fixed values")
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    found = enum.values_by_name.get(prefix + name.upper())
    if found is None or not found.number:
        choices = ", ".join(v.name.removeprefix(prefix) for v in enum.values if v.number)
        raise ValueError(f"{name[:40]!r} is none of {choices}")
    return int(found.number)
