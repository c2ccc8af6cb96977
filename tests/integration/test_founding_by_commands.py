"""Four agencies and a gateway found a federation by commands alone, and no private key leaves its agency's folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.local.founding import free_ports
from tests.support.founded_servers import running
from tests.support.founding import AGENCIES, GATEWAY, SERVERS, Founding, founded, prepared
from tests.support.waiting import wait_for

OFFICER = ("p001", "王警官")
REGISTER = ("--officer", OFFICER[1], "--reason", "首位登记")
QUESTION = ["--purpose", "case", "--case-number", "(2026)京0105刑初1号"]


JOINING = """format = 1
[purposes]
case = [{asked}]
[[members]]
id = "railway_police"
title = "铁路公安机关"
class = "police"
[[authorities]]
request = "railway_police.authority.json"
[[installations]]
request = "railway-1.request.json"
"""
SUSPENDING = """format = 1
[[states]]
installation = "state_security/node/state-security-1"
state = "suspended"
"""


@pytest.fixture
def agencies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Founding]:
    """A federation that was founded by commands, its servers running."""
    for name in [name for name in os.environ if name.startswith("HUTONG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for kind in ("NODE", "GATEWAY"):
        monkeypatch.setenv(f"HUTONG_{kind}_UNSAFE_ALLOW_SYNTHETIC", "true")
        monkeypatch.setenv(f"HUTONG_{kind}_CHARTER_EVERY_S", "0.5")
    ports = dict(zip(SERVERS.values(), free_ports(len(SERVERS)), strict=True))
    made = prepared(tmp_path / "f", {name: f"localhost:{port}" for name, port in ports.items()})
    founded(made)
    with ExitStack() as stack:
        for name in SERVERS.values():
            stack.enter_context(running(made, name))
        yield made


def ask(agencies: Founding) -> str:
    """Ask as an officer of the police about a person of whom nobody holds anything; return what is shown."""
    home = agencies.home("police/client/window-1")
    said = ["ask", "--home", home, "--as", "police", *QUESTION, "--id-number", "990101199001010019"]
    return CliRunner().invoke(main, [*map(str, said), "--officer", OFFICER[0]]).output


def private_keys(folder: Path) -> set[bytes]:
    """Return every private key in a folder: those in PEM, and the secret keys of stores."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    pem = {path.read_bytes() for path in files if b"PRIVATE KEY" in path.read_bytes()}
    secret = {path.read_bytes() for path in files if path.parent.name == "keys" and path.suffix == ".key"}
    return {each for each in pem | secret if each}


def test_agencies_found_a_federation_by_commands_and_its_first_question_is_answered_whole(
    agencies: Founding,
) -> None:
    window = agencies.home("police/client/window-1")
    said = ["--home", window, "--node", "police-1", "--officer", OFFICER[1], "--reason", "首位登记"]
    agencies.typed("node", "officers", "register", *said, *OFFICER)
    assert "NO_RECORD, COMPLETE" in ask(agencies)

    keys = {member: private_keys(agencies.of(member)) for member in (*AGENCIES, GATEWAY)}
    assert all(len(own) >= 4 for own in keys.values())
    assert sum(map(len, keys.values())) == len(set().union(*keys.values())), "a key lies in two folders"
    for public in (agencies.post, agencies.published):
        held = b"".join(path.read_bytes() for path in public.rglob("*") if path.is_file())
        assert b"PRIVATE KEY" not in held
        assert not [key for key in set().union(*keys.values()) if key in held]
    assert not private_keys(agencies.place / "state")


def test_every_command_of_a_window_works_from_the_folder_that_init_has_made(agencies: Founding) -> None:
    """`report` and `parked` did not: they looked for servers that a real federation.json does not name."""
    counter = ["--home", agencies.home("interconnect/client/counter-1")]
    assert len(agencies.facts("report", "intake", *counter)["not_asked"]) == len(AGENCIES)
    agencies.typed("report", "metrics", *counter)
    agencies.typed("notify", "parked", *counter, "--officer", "李接线员")
    window = ["--home", agencies.home("police/client/window-1")]
    agencies.typed("node", "officers", "register", *window, "--node", "police-1", *REGISTER, *OFFICER)
    report = agencies.facts("report", "intake", *window, "--officer", OFFICER[0])
    assert (list(report["nodes"]), len(report["not_asked"])) == (["police-1"], len(AGENCIES) - 1)
    assert [
        row["node"] for row in agencies.facts("report", "runs", *window, "--officer", OFFICER[0])["nodes"]
    ]


def test_an_agency_joins_later_and_an_installation_is_suspended(agencies: Founding) -> None:
    window = agencies.home("police/client/window-1")
    said = ["--home", window, "--node", "police-1", "--officer", OFFICER[1], "--reason", "首位登记"]
    agencies.typed("node", "officers", "register", *said, *OFFICER)

    name = "railway_police/node/railway-1"
    agencies.endpoints[name] = f"localhost:{free_ports(1)[0]}"
    agencies.authority("railway_police")
    agencies.installation(name)
    agencies.pin("railway_police")
    asked = ", ".join(f'"{member}"' for member in (*AGENCIES, "railway_police"))
    draft = agencies.draft(
        agencies.plan("railway.toml", JOINING.format(asked=asked)),
    )
    signed = [agencies.sign(draft, member, "root.key") for member in ("justice", "police", "procuratorate")]
    agencies.publish(draft, agencies.sign(draft, "railway_police", "charter.key"), *signed)
    with running(agencies, name):
        shown = wait_for(
            lambda: ask(agencies), lambda s: "railway-1" in s and ", COMPLETE" in s, what="the new node"
        )
        assert "state-security-1" in shown

        draft = agencies.draft(agencies.plan("suspend.toml", SUSPENDING))
        agencies.publish(draft, agencies.sign(draft, "state_security", "charter.key"))
        wait_for(lambda: ask(agencies), lambda s: "SUSPENDED" in s, what="a node that is not asked")
        assert "PARTIAL" in ask(agencies)


def test_a_signing_key_is_replaced_and_its_node_answers_after_a_restart(agencies: Founding) -> None:
    window, name = agencies.home("police/client/window-1"), "justice/node/justice-1"
    agencies.typed(
        "node", "officers", "register", "--home", window, "--node", "police-1", *REGISTER, *OFFICER
    )
    home = agencies.home(name)
    (home / "signing.key").unlink()
    agencies.typed("node", "init", "--home", home, "--installation", name, "--charter", agencies.published)
    shutil.copy(home / "request.json", agencies.post / "justice-1.request.json")
    says = 'format = 1\n[[installations]]\nrequest = "justice-1.request.json"\n'
    draft = agencies.draft(agencies.plan("key.toml", says))
    agencies.publish(draft, agencies.sign(draft, "justice", "charter.key"))
    wait_for(lambda: ask(agencies), lambda s: "PARTIAL" in s, what="the former key refused")
    [former] = [each for each in psutil.Process().children() if str(home) in each.cmdline()]
    former.kill()
    former.wait()
    with running(agencies, name):
        wait_for(lambda: ask(agencies), lambda s: ", COMPLETE" in s, what="the node with its new key")
