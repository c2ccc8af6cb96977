"""A window believes the charter whose root it pinned, and no other that lies in the published folder."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from compose.trust.pins import trust
from federation.charter.model import InstallationState
from federation.charter.trust import CharterTrust
from federation.client import Client
from federation.client.description import fingerprint
from federation.errors import CharterUnusable
from tests.support.federation import SmallFederation

MEMBER, OFFICER = "police", "王警官"


class Window:
    """A window's folder: a `federation.json` written by hand, and the folder where the charter is mirrored."""

    def __init__(self, home: Path) -> None:
        self.home, self.description = home / "window", home / "window" / "federation.json"
        self.federation = SmallFederation(home / "real")
        self.published = home / "mirror"
        self.home.mkdir()
        self.mirror(self.federation)
        self.received = home / "1.root.json"
        shutil.copy(self.federation.root, self.received)
        self.root = self.received.read_bytes()

    def mirror(self, federation: SmallFederation) -> None:
        """Put what a federation publishes into the place of what was there."""
        shutil.rmtree(self.published, ignore_errors=True)
        shutil.copytree(federation.published, self.published)

    def describe(self, line: str = "") -> None:
        """Write the description as docs/operations.md says, with one further line."""
        party = self.federation.party(f"{MEMBER}/client/desk")
        mine = {
            "installation": str(party.installation),
            "cert": str(party.certificate),
            "key": str(party.key),
            "signing_key": str(party.signing_key),
        }
        members = json.dumps({MEMBER: mine})
        self.description.write_text(
            f'{{"federation": "hutong.test", "charter": "{self.published}",\n{line}\n"members": {members}}}',
            "utf-8",
        )

    def version(self) -> int:
        """Return the version of the charter that a client of the window takes up."""
        with Client.open(self.description, MEMBER, officer=OFFICER) as client:
            return client.charter.version

    def run(self, *arguments: str) -> Result:
        """Run a command on the window's folder."""
        return CliRunner().invoke(
            main, arguments, env={"HUTONG_HOME": str(self.home), "HUTONG_OFFICER": OFFICER, "COLUMNS": "400"}
        )


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Window:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("HUTONG_HOME", raising=False)
    return Window(tmp_path)


def test_without_a_pinned_root_it_is_refused_with_the_line_to_add(window: Window) -> None:
    window.describe()
    with pytest.raises(CharterUnusable, match="names no charter_root") as refused:
        window.version()
    [line] = re.findall(r'"charter_root": "[0-9a-f]{64}",', refused.value.message)
    window.describe(line)
    assert window.version() == 1


@pytest.mark.parametrize(
    "command",
    [
        ["ask", "--as", MEMBER, "--purpose", "own", "--id-number", "990101199001010019"],
        ["node", "show", "--node", "police-1", "00" * 16],
        ["audit", "export", "--server", "police-1", "-"],
        ["recalls", "list", "--as", MEMBER],
        ["report", "intake"],
        ["apply", "list", "--node", "police-1"],
        ["audit", "verify", "EXPORT"],
    ],
    ids=lambda command: "-".join(command[:2]),
)
def test_no_command_believes_a_charter_whose_root_is_not_pinned(
    window: Window, tmp_path: Path, command: list[str]
) -> None:
    window.describe()
    (tmp_path / "export.jsonl").write_text('{"federation": "hutong.test"}\n', "utf-8")
    result = window.run(
        *(str(tmp_path / "export.jsonl") if argument == "EXPORT" else argument for argument in command)
    )
    assert result.exit_code == 1
    assert "names no charter_root" in str(result.exception) + result.output


def test_answers_are_checked_under_no_charter_whose_root_is_not_pinned(window: Window) -> None:
    window.describe()
    with pytest.raises(CharterUnusable, match="names no charter_root"):
        trust("hutong.test", home=window.home, charter=None)
    window.describe(f'"charter_root": "{fingerprint(window.root)}",')
    assert trust("hutong.test", home=window.home, charter=None).root == window.root
    assert trust("hutong.test", home=None, charter=window.published, root=window.received).root == window.root


@pytest.mark.parametrize("form", ["hash", "file", "relative"])
def test_a_forged_root_is_refused_before_anything_else_is_read(
    window: Window, tmp_path: Path, form: str
) -> None:
    pin = {"hash": fingerprint(window.root), "file": str(window.received), "relative": "../1.root.json"}[form]
    window.describe(f'"charter_root": "{pin}",')
    for _ in range(2):
        window.federation.set_state("justice/node/justice-1", InstallationState.ACTIVE)
    window.mirror(window.federation)
    assert window.version() == 3
    window.mirror(SmallFederation(tmp_path / "forged"))
    with pytest.raises(CharterUnusable, match="does not begin with the pinned root"):
        window.version()
    shutil.rmtree(window.published / "targets")  # what comes after the root is not even looked at
    with pytest.raises(CharterUnusable, match="does not begin with the pinned root"):
        window.version()
    window.mirror(window.federation)
    assert window.version() == 3


def test_a_charter_rolled_back_under_the_same_root_is_refused_by_every_later_command(
    window: Window, tmp_path: Path
) -> None:
    window.describe(f'"charter_root": "{fingerprint(window.root)}",')
    shutil.copytree(window.published, tmp_path / "old")
    window.federation.set_state("justice/node/justice-1", InstallationState.ACTIVE)
    window.mirror(window.federation)
    assert window.version() == 2
    assert (tmp_path / "state" / "hutong" / fingerprint(window.root) / "metadata").is_dir()
    shutil.rmtree(window.published)
    shutil.copytree(tmp_path / "old", window.published)
    with pytest.raises(CharterUnusable):
        window.version()


def test_a_root_in_the_published_folder_pins_nothing(window: Window) -> None:
    window.describe(f'"charter_root": "{window.published / "metadata" / "1.root.json"}",')
    with pytest.raises(CharterUnusable, match="lies in the published folder"):
        window.version()


@pytest.mark.parametrize("pin", ["1", '""', "[]", '"nowhere.json"', f'"{"0" * 64}"'])
def test_a_pin_that_names_no_root_is_refused(window: Window, pin: str) -> None:
    window.describe(f'"charter_root": {pin},')
    with pytest.raises(CharterUnusable, match=r"root"):
        window.version()


def test_what_an_earlier_program_saw_is_not_forgotten(window: Window, tmp_path: Path) -> None:
    window.describe(f'"charter_root": "{fingerprint(window.root)}",')
    before = window.federation.party(f"{MEMBER}/client/desk").certificate.parent / "charter"
    shutil.copytree(window.published, tmp_path / "old")
    window.federation.set_state("justice/node/justice-1", InstallationState.ACTIVE)
    CharterTrust(window.federation.published, before, window.federation.root).refresh()
    with pytest.raises(CharterUnusable):
        window.version()
