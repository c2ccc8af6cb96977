"""Settings of all servers, from file and environment; an unknown name is an error, and the server does not start."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from federation.law.workdays import workdays

_LAST_PORT, _IPV4 = 65535, 4
#: Seconds: the shortest interval that is no busy loop, the longest wait, and the longest time between two fixed times.
_SHORTEST_S, _LONGEST_S, _LONGEST_INTERVAL_S = 0.001, 86_400.0, 1e9


def insist_address(address: str) -> str:
    """Return `address` if it is "host:port" with a port from 0 to 65535; raises `ValueError`."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()):
        raise ValueError(f'{address!r} is no address: write "host:port"')
    if int(port) > _LAST_PORT:
        raise ValueError(
            f"port {port} is above {_LAST_PORT}: choose one from 0 (any free one) to {_LAST_PORT}"
        )
    return address


class ServerSettings(BaseSettings):
    """Settings that nodes and gateways share."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    #: Folder of this installation: database, keys, charter state.
    home: Path
    #: "host:port" to listen on; port 0 picks one.
    listen: str = "127.0.0.1:0"
    #: Folder where the charter is published (metadata/ and targets/).
    charter: Path
    #: The charter's root, pinned out of band; needed at the first start only.
    charter_root: Path | None = None
    #: "member/kind/name" of this installation.
    installation: str
    certificate: Path
    key: Path
    signing_key: Path
    #: Seconds between a charter that lists the next signing key and its use, so that everybody has that charter.
    signing_key_after_s: float = Field(3600.0, ge=_SHORTEST_S, le=_LONGEST_S)
    #: Seconds between looks for a newer charter.
    charter_every_s: float = Field(5.0, ge=_SHORTEST_S, le=_LONGEST_S)
    #: Seconds between the fixed times whose checkpoints members get who are no witnesses, counted from 1970 in UTC.
    members_checkpoint_every_s: float = Field(3600.0, ge=_SHORTEST_S, le=_LONGEST_INTERVAL_S)
    #: Seconds between the fixed times of entries about seals on their way, counted from 1970 in UTC.
    spreading_entry_every_s: float = Field(600.0, ge=_SHORTEST_S, le=_LONGEST_INTERVAL_S)
    #: Long-lived streams served at once.
    streams: int = Field(32, ge=1, le=1000)
    #: Threads for single calls.
    unary_workers: int = Field(16, ge=1, le=1000)
    #: Seconds after which connections are closed, so that new certificates take effect.
    max_connection_age_s: float = Field(300.0, ge=_SHORTEST_S, le=_LONGEST_S)
    #: Seconds that calls under way may still take when the server is stopped; then they are cut.
    drain_s: float = Field(10.0, ge=0, le=3600)
    #: File for everything the server logs, opened anew at SIGHUP; standard error without one.
    log_file: Path | None = None
    #: "IP:port" of this machine for health checks and figures without TLS, such as "127.0.0.1:9401"; none opens none.
    watch_listen: str | None = None
    #: Accept identity numbers beginning 99. For test federations only.
    unsafe_allow_synthetic: bool = False
    #: Folder of the agency's own policies, which may only forbid.
    policy_folder: Path | None = None

    @field_validator(
        "charter",
        "charter_root",
        "certificate",
        "key",
        "signing_key",
        "policy_folder",
        mode="after",
    )
    @classmethod
    def _in_home(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        """Return a path as it is found from anywhere: one that is relative lies in the home."""
        home = info.data.get("home")
        return path if path is None or home is None else home / path

    @field_validator("listen")
    @classmethod
    def _insist_address(cls, listen: str) -> str:
        return insist_address(listen)

    @field_validator("watch_listen")
    @classmethod
    def _insist_own_machine(cls, watch_listen: str | None) -> str | None:
        """Raise for an address that other machines reach, and for port 0, which nobody who watches would find."""
        if watch_listen is None:
            return None
        host, _, port = insist_address(watch_listen).rpartition(":")
        try:
            own = ip_address(host).is_loopback and ip_address(host).version == _IPV4
        except ValueError:
            own = False
        if not own or port == "0":
            raise ValueError(
                f"{watch_listen!r} is no port of this machine alone: choose one, such as 127.0.0.1:9401; to watch "
                "from elsewhere, let an agent on this machine collect the figures"
            )
        return watch_listen

    @model_validator(mode="after")
    def _insist_calendar(self) -> Self:
        """Raise when the calendar of holidays cannot be used, which the first due time would find too late."""
        workdays()
        return self

    @classmethod
    def from_home(cls, home: Path) -> Self:
        """Read `settings.toml` in `home`; environment variables override the file.

        Raises `ValueError` naming the missing, wrong or unknown setting.
        """
        path = home / "settings.toml"
        content = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
        unknown = sorted(content.keys() - cls.model_fields.keys())
        if unknown:
            raise ValueError(f"{path}: unknown settings {', '.join(unknown)}")
        prefix = str(cls.model_config.get("env_prefix", ""))
        kept = {name: value for name, value in content.items() if prefix + name.upper() not in os.environ}
        return cls(home=home, **kept)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_variables(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raise on misspelt variables, which pydantic-settings would silently ignore."""
        prefix = str(cls.model_config.get("env_prefix", ""))
        known = {prefix + name.upper() for name in cls.model_fields}
        unknown = sorted(v for v in os.environ if v.startswith(prefix) and v not in known) if prefix else []
        if unknown:
            raise ValueError(f"unknown settings {', '.join(unknown)}; known are {', '.join(sorted(known))}")
        return values


class NodeSettings(ServerSettings):
    """Settings of a node."""

    model_config = SettingsConfigDict(env_prefix="HUTONG_NODE_", extra="forbid", frozen=True)


class GatewaySettings(ServerSettings):
    """Settings of a gateway."""

    model_config = SettingsConfigDict(env_prefix="HUTONG_GATEWAY_", extra="forbid", frozen=True)

    unary_workers: int = Field(64, ge=1, le=1000)
    #: Seconds that a question waits for its nodes; nodes that answer later count as late.
    node_deadline_s: float = Field(5.0, ge=_SHORTEST_S, le=_LONGEST_S)
    #: Seconds after which an unanswered page is given up and the line rebuilt.
    page_deadline_s: float = Field(10.0, ge=_SHORTEST_S, le=_LONGEST_S)
