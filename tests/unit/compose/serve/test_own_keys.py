"""The keys that are to follow are made where the server looks for them, as its settings and environment have it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from certs.installation_request import make_key_files
from compose.cli import main
from federation.values.keys import SigningKey

_INSTALLATION = {"node": "police/node/police-1", "gateway": "interconnect/gateway/gateway-1"}


@pytest.mark.parametrize("kind", ["node", "gateway"])
def test_the_next_keys_lie_beside_those_that_the_environment_names(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In containers the keys are files outside of the home; next ones made in the home were never used."""
    home, secrets = tmp_path / "home", tmp_path / "secrets"
    for folder in (home, secrets):
        folder.mkdir()
    (home / "settings.toml").write_text(
        f'installation = "{_INSTALLATION[kind]}"\ncharter = "/srv/charter"\n'
        'certificate = "tls.pem"\nkey = "tls.key"\nsigning_key = "signing.key"\n',
        "utf-8",
    )
    signing, tls = secrets / "its.signing.key", secrets / "its.tls.key"
    make_key_files(signing, tls)
    monkeypatch.setenv(f"HUTONG_{kind.upper()}_SIGNING_KEY", str(signing))
    monkeypatch.setenv(f"HUTONG_{kind.upper()}_KEY", str(tls))
    words = [kind, "keys", "next", "--home", str(home), "--endpoint", "a.example:7400", "--json"]
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 0, ran.output
    made = {path.name for path in (*home.iterdir(), *secrets.iterdir()) if ".next." in path.name}
    assert made == {"its.signing.next.key", "its.tls.next.key"}
    public = SigningKey.load(secrets / "its.signing.next.key").public.hex()
    assert json.loads(ran.stdout)["public"] == public


def test_a_folder_of_no_installation_is_refused(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["node", "keys", "next", "--home", str(tmp_path)])
    assert ran.exit_code == 1
    assert "no folder that `init`" in ran.output
