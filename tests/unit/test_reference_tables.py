"""The tables of settings, log events and rpcs in docs/reference.md say what the code says, row by row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from compose.shared.exit_codes import ExitCode
from federation.evidence.entry import MEANING
from federation.transport.access import GATEWAY, NODE, AccessRule
from federation.values.identity import Kind
from server.settings import GatewaySettings, NodeSettings, ServerSettings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference.md"
KINDS: dict[str, type[ServerSettings]] = {"node": NodeSettings, "gateway": GatewaySettings}


def rows(heading: str) -> dict[str, list[str]]:
    """Return the first table under `heading`: first cell, without its back quotes, to the other cells."""
    _, _, below = REFERENCE.read_text("utf-8").partition(f"\n## {heading}\n")
    section = below.partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:]]
    names = [row[0].strip("`") for row in cells]
    assert len(names) == len(set(names)), f"a row of {heading} is there twice"
    return {name: row[1:] for name, row in zip(names, cells, strict=True)}


def test_the_exit_codes_are_those_of_the_program() -> None:
    listed = {code: row[0] for code, row in rows("Exit codes").items()}
    assert listed == {str(int(code)): f"`{code.name}`" for code in ExitCode}


def fields() -> dict[str, dict[str, FieldInfo]]:
    """Return the settings by name, each with the kinds of servers that have it."""
    found: dict[str, dict[str, FieldInfo]] = {}
    for kind, settings in KINDS.items():
        for name, field in settings.model_fields.items():
            found.setdefault(name, {})[kind] = field
    return found


def default(field: FieldInfo) -> str:
    """Return the default as the table writes it."""
    if field.is_required():
        return "required"
    return f"`{field.default}`" if field.default is not None else "none"


def test_the_settings_table_names_every_setting_and_no_other() -> None:
    assert rows("Settings").keys() == fields().keys()


@pytest.mark.parametrize("name", fields())
def test_a_setting_is_as_the_table_says(name: str) -> None:
    variables, documented, meaning = rows("Settings")[name]
    kinds = fields()[name]
    expected = [str(KINDS[kind].model_config["env_prefix"]) + name.upper() for kind in kinds]
    assert re.findall(r"`([A-Z_0-9]+)`", variables) == expected
    defaults = {kind: default(field) for kind, field in kinds.items()}
    if len(set(defaults.values())) == 1:
        assert documented == next(iter(defaults.values()))
    else:
        assert documented == ", ".join(f"{kind} {value}" for kind, value in defaults.items())
    assert meaning


def test_the_log_event_table_is_the_one_of_the_code() -> None:
    documented = {kind: cells[0] for kind, cells in rows("Log events").items()}
    known = {str(kind): text for kind, text in MEANING.items()}
    absent = "\n".join(
        f"| `{kind}` | {text} |" for kind, text in known.items() if documented.get(kind) != text
    )
    assert documented == known, f"in docs/reference.md, Log events, put:\n{absent}"


def callers(rule: AccessRule) -> str:
    """Return who may call, as the table writes it."""
    if rule.own_only:
        assert rule.own_only == {Kind.CLIENT}
        others = "".join(f", {kind}s" for kind in sorted(rule.kinds - rule.own_only))
        return f"clients of the own member{others}"
    return (
        "any member"
        if rule.kinds == frozenset(Kind)
        else " or ".join(sorted(f"{kind}s" for kind in rule.kinds))
    )


@pytest.mark.parametrize(("heading", "rules"), [("Rpcs of a node", NODE), ("Rpcs of a gateway", GATEWAY)])
def test_the_tables_of_rpcs_say_who_may_call_each(heading: str, rules: Mapping[str, AccessRule]) -> None:
    documented = {rpc: cells[0] for rpc, cells in rows(heading).items()}
    known = {
        method.removeprefix("/").removeprefix("federation.v1."): callers(rule)
        for method, rule in rules.items()
    }
    absent = "\n".join(f"| `{rpc}` | {who} |" for rpc, who in known.items() if documented.get(rpc) != who)
    assert documented == known, f"in docs/reference.md, {heading}, put:\n{absent}"


def test_every_message_of_the_operational_log_is_written_by_the_code() -> None:
    """A placeholder is in capitals, or "..."; a background loop writes `NAME: waits: REASON`."""
    folders = ("federation", "server", "node", "gateway", "compose")
    texts = [path.read_text("utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py")]
    code = re.sub(r'"\s*\n\s*f?"', "", "\n".join(texts))
    stale = []
    for message in rows("Messages on standard error"):
        loop = re.fullmatch(r"([a-z]+)(?:-NODE)?: waits: REASON", message)
        fixed = [part.strip(" :;,.`") for part in re.split(r"[A-Z][A-Z-]*|\.\.\.", message)]
        if not (re.search(rf'"{loop[1]}[-"]', code) if loop else all(part in code for part in fixed)):
            stale.append(message)
    assert stale == []
