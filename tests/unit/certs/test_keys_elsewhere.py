"""`keys next` and `keys status` look where the server finds its keys, also where the environment names the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.serve.own_keys import own_keys
from server.settings import NodeSettings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    words = [
        "node", "init", "--home", tmp_path / "home", "--installation", "police/node/police-1",
        "--listen", "127.0.0.1:7401", "--endpoint", "localhost:7401", "--charter", tmp_path / "published",
    ]  # fmt: skip
    ran = CliRunner().invoke(main, [*map(str, words)])
    assert ran.exit_code == 0, ran.output
    return tmp_path / "home"


def test_the_next_key_lies_beside_the_one_that_the_environment_names(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the home the server would never find it, and go on with a key that ends."""
    secrets = home.parent / "secrets"
    secrets.mkdir(mode=0o700)
    os.replace(home / "signing.key", secrets / "police-1.signing.key")
    monkeypatch.setenv("HUTONG_NODE_SIGNING_KEY", str(secrets / "police-1.signing.key"))
    assert own_keys(home).signing_key == NodeSettings.from_home(home).signing_key
    ran = CliRunner().invoke(main, ["node", "keys", "next", "--home", str(home)])
    assert ran.exit_code == 0, ran.output
    assert (secrets / "police-1.signing.next.key").exists()
    assert not (home / "signing.next.key").exists()


def test_a_folder_of_no_installation_is_refused(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["node", "keys", "next", "--home", str(tmp_path)])
    assert ran.exit_code == 1
    assert "no folder that `init`" in ran.output
