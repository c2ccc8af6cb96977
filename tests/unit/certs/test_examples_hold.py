"""The examples in the help of `hutong certs` and `hutong charter`, typed as they stand beside a published charter."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from certs.charter_office import CharterOffice
from certs.installation_request import make_keys, make_request
from certs.keyfiles import private_pem, write_private
from certs.request_files import write_request
from certs.signing import charter_signer, load_signing_key, new_signing_key
from compose.cli import main
from compose.shared.examples import examples
from federation.values.identity import Installation
from tests.support.federation import SmallFederation

#: In an order in which each finds what it speaks of; officers are certified last, for certified ones need a node.
ORDER = (
    *("certs authority", "certs issue", "certs renew", "certs show", "certs signing-key"),
    *("charter draft", "charter sign", "charter publish"),
    *("charter verify", "charter show", "charter refresh", "charter set-state", "certs revoke"),
    *("charter set-waiting", "charter choose-reading", "charter windows-need-mandate"),
    *("charter declare-extension", "charter drop-extension"),
    *("charter sign-opening", "charter open-seal", "charter close-seals", "charter certify-officers"),
)


def laid_out(home: Path) -> SmallFederation:
    """Lay keys and charter where the examples have them."""
    federation = SmallFederation(home / "federation")
    federation.published = home / "published"
    new_signing_key(home / "publisher.key")
    federation.office = CharterOffice(
        federation.published, charter_signer(load_signing_key(home / "publisher.key"))
    )
    federation._found()
    federation.root = home / "1.root.json"
    federation.root.write_bytes((federation.published / "metadata" / "1.root.json").read_bytes())
    for name in federation.agencies:
        write_private(home / "keys" / name / "charter.key", private_pem(federation.charter_keys[name]))
        write_private(home / "keys" / name / "root.key", private_pem(federation.root_keys[name]))
    installation_at(home / "police-1", "police/node/police-1")
    states = '[[states]]\ninstallation = "police/node/police-1"\nstate = "suspended"\n'
    (home / "change.toml").write_text(f"format = 1\n{states}", "utf-8")
    return federation


def installation_at(folder: Path, name: str) -> None:
    """Make an installation's keys and request file, as its init does."""
    folder.mkdir()
    make_keys(folder)
    write_request(folder / "request.json", make_request(folder, Installation.parse(name), ""))


def typed(example: str) -> None:
    ran = CliRunner().invoke(main, shlex.split(example)[1:], env={"HUTONG_OFFICER": "王警官"})
    assert ran.exit_code == 0, f"{example}\n{ran.output}"


def use_key_of(federation: SmallFederation, window: str) -> None:
    Path("window-1.key").write_bytes(federation.party(window).signing_key.read_bytes())


def test_every_example_about_certificates_and_the_charter_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(ORDER) == {path for path in examples() if path.startswith(("certs ", "charter "))}
    monkeypatch.chdir(tmp_path)
    federation = laid_out(tmp_path)
    for path in ORDER:
        # The federation of the tests calls its windows desks.
        example = examples()[path].replace("client/window-1", "client/desk")
        if path == "charter sign-opening":  # two officers sign, each at another window (A10)
            use_key_of(federation, "justice/client/desk")
            second = example.replace("police/client", "justice/client").replace("王警官", "李司法员")
            typed(second.replace("first.json", "second.json"))
            use_key_of(federation, "police/client/desk")
        typed(example)
    assert not federation.charter().opened_seals
