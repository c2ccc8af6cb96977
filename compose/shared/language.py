"""What commands say, in the language of the person: each sentence stands once for each language in messages.toml.

The language is that of --lang, else of HUTONG_LANG, else of the locale (LC_ALL, LC_MESSAGES, LANG). A command that
speaks both takes `lang_option`. Texts that were signed, names, and what programs read (--json) are never translated.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import click

LANGUAGES: Final = ("zh", "en")
_KEY: Final = "hutong.language"


def _chosen(context: click.Context, _: click.Parameter, language: str | None) -> None:
    if language:
        context.meta[_KEY] = language


lang_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    envvar="HUTONG_LANG",
    expose_value=False,
    callback=_chosen,
    help="Language of what is shown (or HUTONG_LANG) [default: that of the locale].",
)


def language() -> str:
    """Return the language of this run: "zh" or "en"."""
    context = click.get_current_context(silent=True)
    chosen: str | None = context.meta.get(_KEY) if context is not None else None
    if chosen:
        return chosen
    if (wanted := os.environ.get("HUTONG_LANG")) in LANGUAGES:  # of a command without the option, too
        return str(wanted)
    locale = next(filter(None, (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def say(key: str, /, **values: object) -> str:
    """Return the message `key` ("ask.person") in the language of this run, with `values` in their places."""
    return messages()[key][language()].format(**values)


def known(key: str, other: str) -> str:
    """Return the message `key`, or `other` for a value that came from elsewhere and has none."""
    return say(key) if key in messages() else other


@cache
def messages() -> Mapping[str, Mapping[str, str]]:
    """Return every message by its key: language -> text."""
    tables = tomllib.loads((files("compose.shared") / "messages.toml").read_text("utf-8"))
    return {f"{table}.{key}": texts for table, keys in tables.items() for key, texts in keys.items()}
