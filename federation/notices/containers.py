"""What a ZIP container holds, read from its directory alone: an OFD is one, and so is a DOCX."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

#: Bytes at the end of a container in which its directory is sought; ten thousand pages have a smaller one.
TAIL: Final = 4 * 1024 * 1024
#: APPNOTE 4.3.16, end of central directory: signature, disks and counts, size of the directory, its place, comment.
_END: Final = struct.Struct("<4s4H2LH")
#: APPNOTE 4.3.12, an entry: signature, 24 bytes, lengths of name, extra field and comment, 12 bytes.
_ENTRY: Final = struct.Struct("<4s24x3H12x")
#: The main entry of an OFD (GB/T 33190 6.2), in the root of its container.
_MAIN: Final = b"ofd.xml"


def is_ofd(tail: bytes) -> bool:
    """Say whether the container that ends with `tail` has the main entry of an OFD in its root."""
    return any(name.lower() == _MAIN for name in _names(tail))


def _names(tail: bytes) -> Iterator[bytes]:
    """Yield the names of the entries; none where the directory is damaged or not in `tail`."""
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < _END.size:
        return
    place = end - _END.unpack_from(tail, end)[5]
    while 0 <= place <= end - _ENTRY.size:
        signature, name, extra, comment = _ENTRY.unpack_from(tail, place)
        if signature != b"PK\x01\x02":
            return
        place += _ENTRY.size
        yield tail[place : place + name]
        place += name + extra + comment
