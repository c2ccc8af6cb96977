"""Who does not know the kinds of papers yet asks for them, before any application is there."""

from __future__ import annotations

from click.testing import CliRunner

from compose.cli import main


def test_r34_the_kinds_of_papers_are_named_whatever_options_are_missing() -> None:
    ran = CliRunner().invoke(main, ["apply", "submit", "--help-papers"])
    assert ran.exit_code == 0, ran.output
    assert {"identity_document", "application_form", "roster"} <= set(ran.output.split())
