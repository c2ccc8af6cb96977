"""What a message holds beyond this contract: unknown fields, and numbers that are no value of their enum.

Both are kept by protobuf and signed by the sender. A reader that ignored them would act on less than what was signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from federation.errors import FieldViolation

UNKNOWN_FIELD: Final = "UNKNOWN_FIELD"
UNKNOWN_VALUE: Final = "UNKNOWN_VALUE"


def has_unknown_fields(message: Message) -> bool:
    """Say whether any part of the message has a field that this contract does not know."""
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return known.ByteSize() != message.ByteSize()


def beyond_contract(message: Message, path: str, *, but: str = "") -> Iterator[FieldViolation]:
    """Yield each unknown field and enum number anywhere in `message`, except inside messages of the full name `but`."""
    if len(UnknownFieldSet(message)):
        yield FieldViolation(path, UNKNOWN_FIELD, "has fields that this contract does not know")
    for field, value in message.ListFields():
        place = f"{path}.{field.name}"
        if field.enum_type is not None:
            yield from unknown_values(field, value, place)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            if field.message_type.full_name == but:
                continue
            for index, item in enumerate(value if field.is_repeated else (value,)):
                yield from beyond_contract(item, f"{place}[{index}]" if field.is_repeated else place, but=but)


def unknown_values(field: FieldDescriptor, value: Any, place: str) -> Iterator[FieldViolation]:
    """Yield each number in an enum field that is no value of the enum."""
    known = field.enum_type.values_by_number if field.enum_type is not None else ()
    for index, number in enumerate(value if field.is_repeated else (value,)):
        if number not in known:
            where = f"{place}[{index}]" if field.is_repeated else place
            yield FieldViolation(where, UNKNOWN_VALUE, f"{number} is no value of this contract")
