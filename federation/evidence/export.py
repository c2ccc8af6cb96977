"""An exported log: JSON lines that anybody with the charter can recompute.

The first line names the log's owner and contains its newest checkpoint. Then come the entries in order, and each
checkpoint directly after the last entry that it covers. An export that leaves out both its last entries and every
checkpoint over them is consistent in itself: to detect it, pass as `known` the checkpoints that others hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from federation.charter.model import Charter
from federation.errors import Corrupt
from federation.evidence.checkpoint import read_checkpoint
from federation.evidence.entry import salted_leaf
from federation.evidence.merkle import Frontier
from federation.evidence.view import envelope_json, read_envelope, read_json
from federation.v1.envelope_pb2 import Envelope
from federation.v1.evidence_pb2 import Checkpoint
from federation.values import clock

FORMAT = "hutong-log-v1"
ENTRY = {"index", "salt", "body"}
NO_LINE = "a line is an entry (index, salt, body) or a checkpoint"


def header_line(
    *, federation: str, installation: str, charter: Charter, exported_at: datetime, newest: Envelope
) -> str:
    """Return the first line of an export; `newest` is the newest checkpoint that it will contain."""
    return _line(
        {
            "format": FORMAT,
            "federation": federation,
            "installation": installation,
            "charter_version": charter.version,
            "charter_digest": charter.digest,
            "exported_at": clock.stamp(exported_at),
            "newest": envelope_json(newest),
        }
    )


def entry_line(index: int, salt: bytes, body: bytes) -> str:
    """Return the line of one entry, in the order of the log from index 0."""
    return _line({"index": index, "salt": salt.hex(), "body": body.decode()})


def checkpoint_line(checkpoint: Envelope) -> str:
    """Return the line of a signed checkpoint; it belongs directly after the last entry that it covers."""
    return _line({"checkpoint": envelope_json(checkpoint)})


def read_header(line: bytes | str) -> tuple[str, Checkpoint]:
    """Return whose log an export is, and its newest checkpoint, *unverified*; raises `Corrupt`."""
    header = read_json(line)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise Corrupt(f"the first line is no header of the format {FORMAT}")
    return str(header.get("installation", "")), read_checkpoint(read_envelope(header.get("newest")))


def states_of(lines: Iterable[bytes | str]) -> Iterator[tuple[int, bytes]]:
    """Yield size and root of an exported log after each entry; `verify_export` says whether the export is true.

    `lines` begin after the header. Raises `Corrupt` for a line that is neither an entry in its place nor a checkpoint.
    """
    tree = Frontier()
    for line in lines:
        content = read_json(line)
        if isinstance(content, dict) and set(content) == {"checkpoint"}:
            continue
        if not isinstance(content, dict) or set(content) != ENTRY:
            raise Corrupt(NO_LINE)
        index, leaf, _ = read_entry(content)
        if index != tree.size:
            raise Corrupt(f"entry {index} where {tree.size} belongs")
        tree.append(leaf)
        yield tree.size, tree.root()


def read_entry(content: dict[str, Any]) -> tuple[int, bytes, bytes]:
    """Return index, leaf hash and body of an entry; raises `Corrupt`."""
    index, salt, text = content["index"], content["salt"], content["body"]
    if type(index) is not int or not isinstance(salt, str) or not isinstance(text, str):
        raise Corrupt("an entry's index is a number, its salt and body are text")
    try:
        return index, salted_leaf(bytes.fromhex(salt), text.encode()), text.encode()
    except ValueError:
        raise Corrupt(f"the salt of entry {index} is not hexadecimal") from None


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
