"""`hutong charter`: what may be added to records (R22), in policies signed by three of the four agencies."""

from __future__ import annotations

from pathlib import Path

import click

from certs.charter_files import with_extension, without_extension
from certs.commands import json_option, office, published_option, publisher_option, tell
from certs.policy_cli import policy_keys_option, signers
from federation.errors import InvalidRequest
from federation.record.extensions import Extension, ExtensionType, declaration_faults
from federation.values.terms import Purpose

_TYPES = [str(each) for each in ExtensionType if each is not ExtensionType.BANS]


@click.command("declare-extension")
@click.argument("name")
@click.argument("type_", metavar="TYPE", type=click.Choice(_TYPES))
@click.option(
    "--shown-to",
    "purposes",
    multiple=True,
    type=click.Choice(sorted(map(str, Purpose))),
    help="A purpose whose full answers show it; repeat it. Without it, the holder's officers alone see it.",
)
@click.option(
    "--personal/--not-personal",
    required=True,
    default=None,
    help="Whether it may name another person. A text always may.",
)
@policy_keys_option
@published_option
@publisher_option
@json_option
def declare_extension(
    name: str,
    type_: str,
    purposes: tuple[str, ...],
    personal: bool,
    policy_keys: tuple[Path, ...],
    published: Path,
    publisher_key: Path,
    as_json: bool,
) -> None:
    """Declare the addition NAME, such as cn.example.moj/file_number; the agencies sign.

    After the first declaration no other additions can be entered.
    """
    faults = declaration_faults(name, type_, purposes, personal=personal)
    if faults:
        raise InvalidRequest(faults)
    made = Extension(name, ExtensionType(type_), frozenset(purposes), personal)
    agreed = office(published, publisher_key).amend_policy(
        lambda policy: with_extension(policy, made), signers(policy_keys)
    )
    facts = {"name": name, "type": type_, "shown_to": sorted(purposes), "personal": personal}
    tell(facts | {"charter_version": agreed.version}, as_json=as_json)


@click.command("drop-extension")
@click.argument("name")
@policy_keys_option
@published_option
@publisher_option
@json_option
def drop_extension(
    name: str, policy_keys: tuple[Path, ...], published: Path, publisher_key: Path, as_json: bool
) -> None:
    """Declare NAME no more; the agencies sign. Records that have it keep it, for their holder's officers."""
    agreed = office(published, publisher_key).amend_policy(
        lambda policy: without_extension(policy, name), signers(policy_keys)
    )
    tell({"dropped": name, "charter_version": agreed.version}, as_json=as_json)
