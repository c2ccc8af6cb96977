"""The image and the services of `compose/containers` name what exists, and leave a server no more than it needs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.settings import GatewaySettings, NodeSettings, ServerSettings
from tests.unit.test_units import insist_command

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "compose" / "containers"
IMAGE = (FOLDER / "Containerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SETTINGS: dict[str, type[ServerSettings]] = {"node": NodeSettings, "gateway": GatewaySettings}


def faults_of(image: str) -> list[str]:
    """Return what our own rules for an image find."""
    steps = [
        line.split(None, 1)
        for line in re.sub(r"\\\n", " ", image).splitlines()
        if line and not line.startswith("#")
    ]
    found = []
    for step, rest in steps:
        if step == "FROM" and not re.match(r"[\w./-]+:\d[\w.-]*( AS \w+)?$", rest):
            found.append(f"no fixed version: {rest}")
        if step == "ADD":
            found.append("ADD fetches and unpacks: use COPY")
        if step in ("RUN", "ENTRYPOINT", "CMD") and not rest.startswith("["):
            found.append(f"runs a shell: {rest}")
        if step == "COPY" and "--from=" not in rest:
            *sources, _ = rest.split()
            found += [f"not in the checkout: {each}" for each in sources if not (ROOT / each).exists()]
            found += [f"copies everything: {each}" for each in sources if each in (".", "./", "/")]
        if step in ("ENV", "ARG") and re.search(r"(?i)secret|password|passphrase|token|private", rest):
            found.append(f"a secret in the image: {rest}")
        if (
            step == "RUN"
            and '"install"' in rest
            and not ("--no-cache-dir" in rest and "--constraint" in rest)
        ):
            found.append(f"installs what is not fixed, or leaves a cache: {rest}")
    last = [
        rest
        for step, rest in steps[max(i for i, s in enumerate(steps) if s[0] == "FROM") :]
        if step == "USER"
    ]
    if not last or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", last[-1]):
        found.append("runs as root, or as a user by name")
    if "HEALTHCHECK" not in dict(steps):
        found.append("says nothing about its health")
    return found


@pytest.mark.parametrize(
    ("of", "becomes", "fault"),
    [
        ("FROM python:3.11-slim-bookworm AS build", "FROM python:latest AS build", "no fixed version"),
        ("USER 10001:10001", "USER root", "runs as root"),
        ("COPY certs certs", "COPY . .", "copies everything"),
        ("COPY certs certs", "COPY cert certs", "not in the checkout"),
        ("COPY certs certs", "ADD certs certs", "ADD fetches"),
        ('CMD ["--help"]', "CMD --help", "runs a shell"),
        ('"--constraint", "constraints.txt", ', "", "installs what is not fixed"),
        ("WORKDIR /build", "ENV KEY_PASSPHRASE=x", "a secret"),
    ],
)
def test_the_rules_for_an_image_find_each_fault(of: str, becomes: str, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults_of(IMAGE.replace(of, becomes)))


def test_the_image_keeps_the_rules_for_images() -> None:
    assert faults_of(IMAGE) == []


def test_the_image_checks_its_health_with_a_command_that_exists() -> None:
    [check] = re.findall(r"^HEALTHCHECK .*? CMD (\[.*\])$", IMAGE, re.MULTILINE)
    program, *words = json.loads(check)
    assert program == "hutong"
    insist_command(words)
    assert f"_WATCH_LISTEN={words[-1]}" in IMAGE


def test_nothing_reaches_the_builder_but_what_the_image_copies() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", IMAGE, re.MULTILINE)
        for source in line.split()
    }
    assert lines[1] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == copied
    assert {"**/*.key", "**/*.db"} <= set(lines)


def test_there_is_a_service_for_each_server_of_the_four_agencies_and_a_gateway() -> None:
    kinds = [service["command"][0] for service in COMPOSE["services"].values()]
    assert sorted(kinds) == ["gateway", "node", "node", "node", "node"]


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_runs_a_command_and_settings_that_exist(name: str) -> None:
    service = COMPOSE["services"][name]
    insist_command(service["command"])
    settings = SETTINGS[service["command"][0]]
    prefix = str(settings.model_config["env_prefix"])
    known = {prefix + each.upper() for each in settings.model_fields}
    assert set(service["environment"]) <= known
    _, program, *words = service["healthcheck"]["test"]
    assert program == "hutong"
    insist_command(words)
    assert service["environment"][prefix + "WATCH_LISTEN"] == words[-1]
    [port] = service["ports"]
    assert service["environment"][prefix + "LISTEN"].rpartition(":")[2] == port.split(":")[1], (
        "the port for health checks is published nowhere"
    )


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_has_no_right_and_no_secret_that_it_does_not_need(name: str) -> None:
    service = COMPOSE["services"][name]
    prefix = str(SETTINGS[service["command"][0]].model_config["env_prefix"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert not service.keys() & {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc", "build"}
    assert int(service["stop_grace_period"].removesuffix("s")) > NodeSettings.model_fields["drain_s"].default
    writable = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
    assert writable == [f"./homes/{name}:/srv/hutong/home"]
    files = {f"/run/secrets/{secret}" for secret in service["secrets"]}
    assert files == {service["environment"][prefix + key] for key in ("SIGNING_KEY", "KEY")}
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])
    assert all(secret.startswith(f"{name}.") for secret in service["secrets"]), "no other server's keys"
