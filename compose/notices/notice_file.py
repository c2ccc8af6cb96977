"""Read notices from a sender's file: one notice as JSON, a list of notices, or one a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from federation.errors import InvalidRequest
from federation.v1 import notice_pb2
from federation.values.json_message import read_message
from federation.values.json_text import RepeatedKey, parse_json

_MOST_BYTES = 16 * 1024 * 1024


def read_notices(file: Path, kind: int) -> list[notice_pb2.Notice]:
    """Return the notices in `file`; raises `InvalidRequest` naming one that is invalid."""
    notices = []
    for number, value in enumerate(_values(file)):
        try:
            notice = read_message(value, notice_pb2.Notice())
        except ValueError as error:
            raise InvalidRequest.of(f"notices[{number}]", "FORMAT", str(error)[:300]) from None
        if notice.kind not in (notice_pb2.NOTICE_KIND_UNSPECIFIED, kind):
            wrong_kind = notice_pb2.NoticeKind.Name(notice.kind)
            raise InvalidRequest.of(
                f"notices[{number}].kind", "R29", f"is {wrong_kind}: use its own subcommand"
            )
        notice.kind = notice_pb2.NoticeKind.ValueType(kind)
        notices.append(notice)
    return notices


def _values(file: Path) -> list[Any]:
    if file.stat().st_size > _MOST_BYTES:
        raise InvalidRequest.of("file", "SIZE", f"over {_MOST_BYTES} bytes: send fewer at once")
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest.of("file", "FORMAT", "is not UTF-8") from None
    try:
        value = parse_json(text)
    except RepeatedKey as error:
        raise InvalidRequest.of("file", "FORMAT", str(error)) from None
    except ValueError:
        try:
            value = [parse_json(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise InvalidRequest.of("file", "FORMAT", f"is not JSON: {error}"[:300]) from None
    return value if isinstance(value, list) else [value]
