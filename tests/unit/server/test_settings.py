"""A server refuses settings that it could not keep, by name, instead of starting with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from server.settings import GatewaySettings, ServerSettings

_SECONDS = sorted(name for name, field in GatewaySettings.model_fields.items() if field.annotation is float)


def _settings(**changed: object) -> ServerSettings:
    paths = dict.fromkeys(("home", "charter", "certificate", "key", "signing_key"), Path("x"))
    return GatewaySettings(**(paths | {"installation": "interconnect/gateway/gateway-1"} | changed))  # type: ignore[arg-type]


def test_every_time_is_tried() -> None:
    assert {"charter_every_s", "node_deadline_s", "drain_s"} <= set(_SECONDS)
    _settings()


@pytest.mark.parametrize("value", ["inf", "nan", 1e100, 1e12, -1.0])
@pytest.mark.parametrize("name", _SECONDS)
def test_a_time_that_no_clock_can_wait_for_is_refused(name: str, value: object) -> None:
    """A thread that waited for ever, or died of the number, would leave the server with an old charter in silence."""
    with pytest.raises(ValidationError, match=name):
        _settings(**{name: value})


@pytest.mark.parametrize("name", [name for name in _SECONDS if name != "drain_s"])
def test_a_time_so_short_that_it_is_a_busy_loop_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        _settings(**{name: 1e-9})


@pytest.mark.parametrize(
    "address", ["0.0.0.0:9401", "192.168.1.4:9401", "localhost:9401", "[::]:9401", "127.0.0.1:0", "9401"]
)
def test_a_port_for_watching_is_of_this_machine_alone(address: str) -> None:
    _settings(watch_listen="127.0.0.1:9401")
    with pytest.raises(ValidationError, match="watch_listen"):
        _settings(watch_listen=address)


def test_relative_paths_lie_in_the_home_wherever_the_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were looked for in the folder from which the server was started."""
    home = tmp_path / "moved"
    home.mkdir()
    (home / "settings.toml").write_text(
        'installation = "interconnect/gateway/gateway-1"\ncharter = "/srv/charter"\ncharter_root = "1.root.json"\n'
        'certificate = "tls.pem"\nkey = "tls.key"\nsigning_key = "signing.key"\n',
        "utf-8",
    )
    monkeypatch.chdir("/")
    found = GatewaySettings.from_home(home)
    assert (found.certificate, found.key, found.signing_key) == (
        home / "tls.pem",
        home / "tls.key",
        home / "signing.key",
    )
    assert (found.charter, found.charter_root) == (Path("/srv/charter"), home / "1.root.json")
