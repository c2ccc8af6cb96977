"""`hutong verify`: check a saved answer or document with only a trusted charter."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click

from compose.shared.exit_codes import ExitCode
from compose.shared.language import lang_option, say
from compose.shared.moments import stamps_in_beijing
from compose.shared.presenting import present
from compose.shared.printing import Console, listing, styled
from compose.shared.refusals import check_in_words, check_name
from compose.shared.showing import verdict_line
from compose.trust.pins import CharterAtTime, trust
from compose.trust.trust_options import trust_options
from federation.charter.model import Charter
from federation.documents import file
from federation.documents.file import VerifiedDocument
from federation.errors import Corrupt
from federation.evidence.answer_file import verify
from federation.evidence.report import Result, Verdict, VerifiedAnswer
from federation.evidence.view import read_json

_COLOURS = {Result.OK: "green", Result.FAILED: "bold red", Result.UNPROVEN: "yellow"}
#: What the command ends with.
EXIT_CODES = {Verdict.PROVEN: ExitCode.DONE, Verdict.BROKEN: ExitCode.FAILED, Verdict.SIGNED: ExitCode.SIGNED}


@click.command(name="verify")
@click.argument("answer", type=click.File("rb"))
@trust_options
@lang_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def verify_command(
    answer: BinaryIO, home: Path | None, charter: Path | None, root: Path | None, as_json: bool
) -> None:
    """Check a saved ANSWER ("-" is standard input): signature, every node's own answer, every value shown.

    Ends with 0 when the answer is proven: the agencies' own signed answers, assembled again, make exactly this
    answer. Ends with 3 when nothing contradicts it but part of it rests on the gateway's signature alone, and with 1
    when it is broken. Needs no server.

    A document of an application is recognised and checked likewise (data, text, signature, code): 0 or 1.
    """
    document = answer.read()
    issued = _is_document(document)

    def charter_at(moment: datetime) -> Charter:
        return CharterAtTime(trust(_named_federation(document), home=home, charter=charter, root=root))(
            moment
        )

    verified = file.verify(document, charter_at) if issued else verify(document, charter_at)
    present(verified, as_json=as_json, document=as_document, table=show, indent=2)
    if isinstance(verified, VerifiedAnswer):
        raise SystemExit(EXIT_CODES[verified.verdict])
    if not verified.holds:
        raise SystemExit(ExitCode.FAILED)


def as_document(verified: VerifiedAnswer | VerifiedDocument) -> dict[str, object]:
    """Return the checks as plain JSON values."""
    what: dict[str, object]
    if isinstance(verified, VerifiedDocument):
        what = {"document": verified.document.number if verified.document else None}
    else:
        what = {
            "verdict": verified.verdict.value,
            "answer_id": verified.answer.answer_id if verified.answer else None,
        }
    return {
        "holds": verified.holds,
        **what,
        "checks": [
            {"name": check.name, "verdict": check.result.value, "says": check.says}
            for check in verified.checks
        ],
    }


def show(verified: VerifiedAnswer | VerifiedDocument, console: Console | None = None) -> None:
    """Print every check as a table and the conclusion under it."""
    what = "document" if isinstance(verified, VerifiedDocument) else "answer"
    table = listing(say(f"verify.{what}"), *(say(f"verify.{key}") for key in ("check", "result", "says")))
    for check in verified.checks:
        result = styled(say(f"result.{check.result.value}"), _COLOURS[check.result])
        table.add_row(check_name(check), result, stamps_in_beijing(check_in_words(check)))
    console = console or Console()
    console.print(table)
    if isinstance(verified, VerifiedAnswer) and verified.holds:
        console.print(verdict_line(verified), highlight=False)
    elif verified.holds:
        console.print(styled(say("verify.holds_document"), "green"), highlight=False)
    else:
        failed = ", ".join(check_name(check) for check in verified.failures)
        key = "verify.broken_document" if what == "document" else "verify.broken_answer"
        broken = say(key, failed=failed)
        console.print(styled(broken, "bold red"), highlight=False)


def _named_federation(document: bytes) -> str:
    """Return the federation that the answer names, used only to choose among charters trusted already."""
    part = "document" if _is_document(document) else "answer"
    try:
        return str(read_json(document)[part]["federation"])
    except (KeyError, TypeError):
        raise Corrupt(f"the {part} names no federation") from None


def _is_document(content: bytes) -> bool:
    try:
        return file.is_document_file(read_json(content))
    except Corrupt:
        return False
