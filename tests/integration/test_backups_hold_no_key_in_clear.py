"""No key lies in a backup in clear: neither the secret keys nor the signing key, unless somebody says unsafe."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.backups import done, files, new_home, new_passphrase, refused


def secrets_in(home: Path, backup: Path) -> set[str]:
    """Return which secret keys of the home, and whether its signing key, lie in a backup in clear."""
    held = b"".join(content for _, content in files(backup)) if backup.is_dir() else backup.read_bytes()
    signing = b"".join((home / "signing.key").read_bytes().splitlines()[1:-1])
    keys = {path.name: path.read_bytes() for path in (home / "keys").glob("*.key")} | {"signing.key": signing}
    assert len(keys) > 3
    return {name for name, key in keys.items() if key in held}


@pytest.mark.parametrize("kind", ["node", "gateway"])
def test_no_key_lies_in_a_backup_in_clear_unless_somebody_says_unsafe(kind: str, tmp_path: Path) -> None:
    """The folder that `backup` made without a passphrase held signing.key, unasked."""
    who = "police/node/police-1" if kind == "node" else "interconnect/gateway/gateway-1"
    phrase = new_passphrase(tmp_path / "phrase")
    home = new_home(tmp_path / "home-of-it", kind=kind, installation=who)
    backup, before = [kind, "backup", "--home", home], (home / "signing.key").read_bytes()
    says = done(*backup, tmp_path / "folder")
    assert "signing.key are not in it" in says
    assert "--only-keys" in says
    assert secrets_in(home, tmp_path / "folder") == set()
    done(*backup, "--passphrase-file", phrase, tmp_path / "data")
    done(*backup, "--passphrase-file", phrase, "--only-keys", tmp_path / "keys")
    assert secrets_in(home, tmp_path / "data") | secrets_in(home, tmp_path / "keys") == set()

    says = refused(*backup, "--with-keys", tmp_path / "clear")
    assert "in clear" in says
    assert "--only-keys" in says
    assert not (tmp_path / "clear").exists()
    done(*backup, "--unsafe-with-keys", tmp_path / "clear")
    assert "signing.key" in secrets_in(home, tmp_path / "clear")
    done(kind, "restore", "--home", home, tmp_path / "folder")
    assert (home / "signing.key").read_bytes() == before, "it stays in the home"
