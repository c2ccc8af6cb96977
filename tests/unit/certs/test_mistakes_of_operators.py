"""What an operator mistypes is named where it is typed, before anything is made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.founding import (
    AGENCIES,
    FEDERATION,
    GATEWAY,
    SERVERS,
    Founding,
    founded,
    founding_plan,
    prepared,
)

WINDOW = "police/client/window-1"


@pytest.fixture
def agencies(tmp_path: Path) -> Founding:
    return Founding(tmp_path / "f")


def window(agencies: Founding, **instead: object) -> list[object]:
    given = {"federation": FEDERATION, "charter": agencies.published, "charter-root": "ab" * 32, **instead}
    options = [word for name, value in given.items() for word in (f"--{name}", value)]
    return ["window", "init", "--home", agencies.home(WINDOW), "--installation", WINDOW, *options]


@pytest.mark.parametrize(
    ("name", "value"),
    [("federation", "other.example"), ("charter", "elsewhere"), ("charter-root", "cd" * 32)],
)
def test_a_window_that_is_set_up_for_something_else_says_so(
    agencies: Founding, name: str, value: str
) -> None:
    """It was reported as set up, and went on trusting what it had been given first."""
    agencies.typed(*window(agencies))
    before = (agencies.home(WINDOW) / "federation.json").read_bytes()
    shown = agencies.typed(*window(agencies, **{name: value}), code=1)
    assert f"{name.replace('-', '_')}: " in shown
    assert "[EXISTS]" in shown
    assert (agencies.home(WINDOW) / "federation.json").read_bytes() == before
    agencies.typed(*window(agencies))
    (agencies.home(WINDOW) / "federation.json").write_text(json.dumps([]), "utf-8")
    assert "[FORMAT]" in agencies.typed(*window(agencies), code=1)


def test_a_plan_for_a_federation_of_another_name_than_its_authorities_founds_nothing(
    agencies: Founding,
) -> None:
    for member in AGENCIES:
        agencies.authority(member, "--root")
    agencies.authority(GATEWAY, "--publisher")
    text = founding_plan({}, {}).replace(FEDERATION, "hutong.exmaple")
    out = agencies.post / "d.json"
    shown = agencies.typed("charter", "draft", agencies.plan("f.toml", text), "--out", out, code=1)
    assert "federation: hutong.exmaple is not hutong.example" in shown
    assert "[CA]" in shown
    assert not out.exists()


@pytest.mark.parametrize("name", ["Hutong.Example", "hutong example", "胡同", "a..b", "-a", "a/b", ""])
def test_a_federation_has_a_name_that_certificates_can_have(agencies: Founding, name: str) -> None:
    out = agencies.place / "new"
    said = ["--federation", name, "--member", "police", "--out", out]
    assert "federation: " in agencies.typed("certs", "authority", *said, code=1)
    assert not out.exists()
    agencies.post.mkdir(parents=True)
    plan = agencies.plan("f.toml", f'format = 1\nfederation = "{name}"\n')
    shown = agencies.typed("charter", "draft", plan, "--out", agencies.post / "d.json", code=1)
    assert "f.toml line 2: federation: " in shown


def test_a_certificate_is_revoked_by_the_authority_that_issued_it(agencies: Founding) -> None:
    """Another one was reported to have revoked it, and it went on being accepted."""
    made = founded(prepared(agencies.place))
    certificate = made.home(WINDOW) / "tls.pem"
    said = ["--published", made.published, "--publisher-key", made.of(GATEWAY) / "keys" / "publisher.key"]

    def revoke(member: str, code: int = 0) -> str:
        key = made.of(member) / "keys" / "charter.key"
        return made.typed(
            "certs", "revoke", certificate, "--authority", member, "--authority-key", key, *said, code=code
        )

    assert "[ISSUER]" in revoke("justice", code=1)
    assert made.facts("charter", "show", *made.base())["charter_version"] == 1
    revoke("police")
    assert len(made.facts("charter", "show", *made.base())["revoked by police"]) == 1


@pytest.mark.parametrize("listen", ["0.0.0.0:7401", "*:7401", "[::]:7401", "127.0.0.1:0"])
def test_where_a_server_listens_is_not_taken_for_where_others_reach_it(
    agencies: Founding, listen: str
) -> None:
    said = ["--installation", SERVERS["police"], "--charter", agencies.published, "--listen", listen]
    made = agencies.facts("node", "init", "--home", agencies.home(SERVERS["police"]), *said)
    assert made["endpoint"] == ""
