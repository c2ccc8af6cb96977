"""`hutong explain`: evaluate the rules with the same code as the servers, JSON lines in and JSON lines out.

Programs start it for a few lines at a time, so each question imports only the rules that it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import click

from certs.printing import echo_block, echo_json
from compose.explain.explain_forms import explain_case_number, explain_disclosure, explain_sealing
from compose.explain.strict_json import BadLine, parse_line, read_lines
from compose.shared.options import json_option

_FILE = click.argument("file", type=click.File("rb"), default="-")


@click.group()
def explain() -> None:
    """Ask the rules: JSON lines in (a file or standard input), one JSON line out for each.

    A line that cannot be used gives {"error": ..., "field": ...}, and the next line is read.
    """


@explain.command()
@_FILE
def sealing(file: BinaryIO) -> None:
    """Say whether a record of any class is sealed, withheld or open on a day, by which rule."""
    _answer(file, explain_sealing)


@explain.command()
@_FILE
def disclosure(file: BinaryIO) -> None:
    """Say what a purpose shows of a record to an asker, by which policies."""
    from federation.law.disclosure import Disclosure

    rules = Disclosure()
    _answer(file, lambda value: explain_disclosure(value, rules))


@explain.command()
@_FILE
def basis(file: BinaryIO) -> None:
    """Say whether convictions are what a statutory basis asks about on a day, and why."""
    from compose.explain.explain_bases import explain_basis
    from federation.law.bases import load_bases

    rows = load_bases()
    _answer(file, lambda value: explain_basis(value, rows))


@explain.command()
@_FILE
@click.option("--text", "as_text", is_flag=True, help="The page for the person, in plain Chinese.")
def bars(file: BinaryIO, as_text: bool) -> None:
    """Say for convictions on a day when the bar of each provision ends."""
    from compose.explain.explain_bars import explain_bars, text_of
    from federation.law.bases import load_bases

    rows = load_bases()
    if not as_text:
        _answer(file, lambda value: explain_bars(value, rows))
        return
    for line in read_lines(file):
        echo_block(text_of(explain_bars(parse_line(line), rows)), end="")


@explain.command()
@json_option
def bases(as_json: bool) -> None:
    """List the catalogue of statutory bases: which law, what matters, who may ask."""
    from compose.explain.catalogues import bases_table, row_json
    from federation.law.bases import load_bases

    rows = load_bases()
    if as_json:
        echo_json([row_json(row) for row in rows.values()])
    else:
        bases_table(rows)


@explain.command()
@json_option
def stores(as_json: bool) -> None:
    """List the other stores that a record may be linked to, and on what legal basis (R65)."""
    from compose.explain.catalogues import stores_json, stores_table

    if as_json:
        echo_json(stores_json())
    else:
        stores_table()


@explain.command("case-number")
@_FILE
def case_number(file: BinaryIO) -> None:
    """Take a case number apart and write it in its canonical form."""
    _answer(file, explain_case_number)


@explain.command()
@_FILE
def finality(file: BinaryIO) -> None:
    """Say since which day a judgment is final at the earliest (A5, R23)."""
    from compose.explain.explain_dates import explain_finality

    _insist_calendar()
    _answer(file, explain_finality)


@explain.command()
@_FILE
def due(file: BinaryIO) -> None:
    """Say until which day a notice, reply or acknowledgement is in time (A18, R25)."""
    from compose.explain.explain_dates import explain_due

    _insist_calendar()
    _answer(file, explain_due)


@explain.command()
@_FILE
def identifier(file: BinaryIO) -> None:
    """Write a person's number in the form that is kept, with the birth date and sex inside it (R14)."""
    from compose.explain.explain_people import explain_identifier

    _answer(file, explain_identifier)


@explain.command()
@_FILE
def name(file: BinaryIO) -> None:
    """Write a name in the form that is compared, and the keys under which its records are found (R14)."""
    from compose.explain.explain_people import explain_name

    _answer(file, explain_name)


@explain.command()
@_FILE
def match(file: BinaryIO) -> None:
    """Say what a question finds of a record by the person alone: a match, a candidate or nothing, and why not."""
    from compose.explain.explain_match import explain_match

    _answer(file, explain_match)


def _insist_calendar() -> None:
    """End with a sentence where the operator's own calendar (`HUTONG_HOLIDAYS`) cannot be used."""
    from federation.law.workdays import workdays

    try:
        workdays()
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _answer(file: BinaryIO, rule: Callable[[object], dict[str, object]]) -> None:
    for line in read_lines(file):
        try:
            answer = rule(parse_line(line))
        except BadLine as error:
            answer = {"error": error.message, "field": error.field}
        echo_json(answer)
