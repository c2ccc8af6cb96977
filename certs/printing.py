"""Output of all commands: lines, texts and JSON, free of control characters.

Values come from peers, files and people, and a terminal obeys control characters in them. `visible` writes unsafe
characters out, and a character missing in the output's encoding becomes an escape, so that no command ends in a
traceback because of its output. JSON keeps every value unchanged and escapes by JSON's own rules. For tables see
`compose.shared.printing`.
"""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import sys
import traceback
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import click

from federation.values.characters import is_unsafe, visible

#: Errors of the system that say that what was written has no room.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def echo(text: object, *, err: bool = False, style: str = "") -> None:
    """Write one line to standard output or standard error; a line feed inside it is shown, not obeyed.

    `style` is a colour, on a terminal only.
    """
    stream = sys.stderr if err else sys.stdout
    shown = encodable(visible(str(text)), stream)
    click.echo(click.style(shown, fg=style, bold=True) if style else shown, file=stream)


def confirmed(question: str) -> bool:
    """Ask a question with yes or no at the terminal and return the answer; the suggested one is yes."""
    return click.confirm(encodable(visible(question), sys.stderr), default=True, err=True)


def echo_block(text: str, *, end: str = "\n") -> None:
    """Write a text of several lines to standard output; its line feeds are the text's own."""
    shown = "\n".join(map(visible, text.split("\n")))
    click.echo(encodable(shown, sys.stdout) + end, file=sys.stdout, nl=False)


def echo_json(value: Any, *, indent: int | None = None) -> None:
    """Write a value as JSON to standard output, whole or not at all, in one write."""
    click.echo(json_text(value, indent=indent, encoding=encoding_of(sys.stdout)), file=sys.stdout)


def json_text(value: Any, *, indent: int | None = None, encoding: str = "utf-8") -> str:
    r"""Return `value` as JSON that `encoding` can hold and that a terminal shows as it is.

    If one character cannot be seen or encoded, the whole text is ASCII with \u escapes: the value is the same, and
    `hutong verify` knows the layout. Paths and days become texts. Raises `TypeError` for a value without a JSON form.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        harmless = False
    else:
        harmless = not any(character != "\n" and is_unsafe(character) for character in set(text))
    return text if harmless else json.dumps(value, indent=indent, default=_plain)


def visible_json(text: str) -> str:
    """Return one line of compact JSON, in ASCII if it contains invisible or control characters."""
    if any(character != "\n" and is_unsafe(character) for character in set(text)):
        return json.dumps(json.loads(text), separators=(",", ":")) + "\n"
    return text


def _plain(value: object) -> str:
    if isinstance(value, os.PathLike | date):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def write_json(path: Path, value: Any, *, indent: int | None = None) -> None:
    """Put a value as JSON into the file `path`; see `write_text`."""
    write_text(path, json_text(value, indent=indent) + "\n")


def write_text(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Put `text` into the file `path` in one step: a reader finds either the whole text or the former content.

    A new file gets the permissions `mode`, whatever the umask; an existing one keeps its own. A device such as
    /dev/stdout is written to directly. Raises `OSError`.
    """
    content = text.encode("utf-8", "backslashreplace")
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    target = path.resolve()  # a link keeps pointing to the file
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(target.stat().st_mode & 0o7777 if target.exists() else mode)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def encodable(text: str, stream: TextIO | None) -> str:
    """Return `text` with characters missing in the encoding of `stream` written as escapes."""
    encoding = encoding_of(stream)
    return text.encode(encoding, "backslashreplace").decode(encoding)


def encoding_of(stream: object) -> str:
    """Return the encoding of a stream; of one without any, such as a text in memory, UTF-8."""
    return getattr(stream, "encoding", None) or "utf-8"


def prepare() -> None:
    """Make the process's own streams never fail at a character, whichever code writes; also for Python's own errors.

    Ends the program when standard output is closed: what it would say, and that it said nothing, would be lost.
    """
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _report
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(ShownLines())


def _open_closed() -> None:
    """Open standard streams that were closed at the start: the next file, such as a store, would get their numbers."""
    unheard = sys.stdout is None
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free, which is this one
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    if unheard:
        echo("standard output is closed: give it a place, such as >/dev/null", err=True, style="red")
        raise SystemExit(1)


def drop_what_has_no_room() -> None:
    """Let go of output that standard output cannot take: Python would try again at its end, and end with 120."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class ShownLines(logging.Formatter):
    """A log formatter: each message on one line whatever it contains, its traceback line by line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message."""
        lines = [record.getMessage()]
        if record.exc_info:
            lines += self.formatException(record.exc_info).split("\n")
        return "\n".join(map(visible, lines))


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Write the traceback of a fault in the program with `visible`, since its message may hold values."""
    whole = "".join(traceback.format_exception(kind, error, trace))
    for part in whole.rstrip("\n").split("\n"):
        echo(part, err=True)
