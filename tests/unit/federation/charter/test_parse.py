"""A charter file that is wrong is refused with its place and the rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.charter.installations import installations_path
from federation.charter.model import Charter
from federation.charter.parse import POLICY, insist_publishable, parse_charter
from federation.errors import CharterUnusable
from federation.record.extensions import Extension, ExtensionType
from tests.support.federation import SmallFederation


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    federation = SmallFederation(Path(tmp_path_factory.mktemp("federation")))
    found = {
        installations_path(name): federation.office.installations_of(name) for name in federation.agencies
    }
    policy = next((federation.published / "targets").glob("*.policy.toml"))
    return found | {POLICY: policy.read_bytes()}


def parse(files: dict[str, bytes], path: str, old: str, new: str) -> Charter:
    assert old.encode() in files[path]
    return parse_charter(files | {path: files[path].replace(old.encode(), new.encode())}, version=1)


def certified(member: str, since: str = "2026-01-01T00:00:00.000000Z") -> str:
    return f'certified_officers = [{{member = "{member}", since = "{since}"}}]'


@pytest.mark.parametrize(
    ("path", "old", "new", "says"),
    [
        (POLICY, "format = 1", "format = 2", "format: must be 1"),
        (POLICY, "format = 1", "format = ", "not TOML"),
        (POLICY, 'class = "court"', 'class = "royal"', "members.court.class"),
        (POLICY, 'authority = "procuratorate"', 'authority = "church"', "church has no CA"),
        (POLICY, "BEGIN CERTIFICATE", "BEGIN NOTHING", "not a PEM certificate"),
        (POLICY, 'case = ["police"', 'case = ["polite"', "'polite' is no member"),
        (POLICY, "effective = 2012-05-10", 'effective = "soon"', "must be a date"),
        ("installations/police.toml", 'authority = "police"', 'authority = "justice"', "must be police"),
        ("installations/police.toml", "revoked = []", 'revoked = ["zz"]', "hexadecimal"),
        ("installations/police.toml", 'state = "active"', 'state = "asleep"', "asleep"),
        ("installations/police.toml", "police/node/police-1", "justice/node/police-1", "may not vouch"),
        ("installations/police.toml", "police/client/desk", "police/node/police-1", "may not have the roles"),
        ("installations/police.toml", "police/node/police-1", "police/gateway/own", "to run gateways"),
        ("installations/police.toml", "education/client/desk", "education/node/own", "four agencies"),
        ("installations/police.toml", '"answers"', '"interconnects"', "may not have the roles interconnects"),
        ("installations/police.toml", '"answers"', '"rules"', "rules"),
        ("installations/police.toml", "2020-01-01T00:00:00.000000Z", "yesterday", "yesterday"),
        (
            "installations/police.toml",
            "revoked = []",
            f"revoked = []\n{certified('justice')}",
            "may not vouch",
        ),
        (
            "installations/police.toml",
            "revoked = []",
            f"revoked = []\n{certified('education')}",
            "no register",
        ),
        ("installations/police.toml", "revoked = []", f"revoked = []\n{certified('police', 'now')}", "since"),
    ],
)
def test_what_is_wrong_is_named(files: dict[str, bytes], path: str, old: str, new: str, says: str) -> None:
    with pytest.raises(CharterUnusable, match=says):
        parse(files, path, old, new)


ROW = """[[extensions]]
name = "cn.example.moj/file_number"
type = "code"
shown_to = ["case"]
personal = false

[purposes]"""


def test_r22_a_charter_that_is_silent_about_additions_means_what_it_meant(files: dict[str, bytes]) -> None:
    assert parse_charter(files, version=1).extensions.declared is None
    assert parse(files, POLICY, "format = 1", "format = 1\nextensions = []").extensions.declared == {}


def test_r22_a_charter_declares_additions_by_name_type_viewers_and_whether_personal(
    files: dict[str, bytes],
) -> None:
    declared = parse(files, POLICY, "[purposes]", ROW).extensions.declared
    assert declared == {
        "cn.example.moj/file_number": Extension(
            "cn.example.moj/file_number", ExtensionType.CODE, frozenset({"case"}), personal=False
        )
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("cn.example.moj/file_number", "cn.example.moj/risk_level", r"extensions\[0\].name: R1"),
        ('"code"', '"opinion"', r"extensions\[0\].type: R22"),
        ('"code"', '"text"', r"extensions\[0\].personal: R41"),
        ('"case"', '"anybody"', r"extensions\[0\].shown_to: R53"),
        ("personal = false", "", r"extensions\[0\].personal: must be a bool"),
    ],
)
def test_r22_a_declaration_that_does_not_hold_declares_nothing_and_is_not_published(
    files: dict[str, bytes], old: str, new: str, says: str
) -> None:
    """A charter that was signed all the same goes on: a program that knows fewer types must not stop by it."""
    row = ROW.replace(old, new)
    charter = parse(files, POLICY, "[purposes]", row)
    assert charter.extensions.declared == {}
    with pytest.raises(CharterUnusable, match=says):
        insist_publishable(files[POLICY].replace(b"[purposes]", row.encode()), charter)


@pytest.mark.parametrize(
    ("path", "old", "new", "field"),
    [
        (POLICY, 'class = "court"', 'class = "royal"', "members.court.class"),
        (POLICY, "effective = 2012-05-10", 'effective = "soon"', r"profiles\[0\].effective"),
        (
            "installations/police.toml",
            'state = "active"',
            'state = "asleep"',
            r"installations\[0\].state",
        ),
        (
            "installations/police.toml",
            "not_after = ",
            "never_after = ",
            r"installations\[0\].keys\[0\].not_after",
        ),
    ],
)
def test_file_line_and_field_are_named(
    files: dict[str, bytes], path: str, old: str, new: str, field: str
) -> None:
    with pytest.raises(CharterUnusable, match=rf"{path} line \d+: {field}: ") as refused:
        parse(files, path, old, new)
    number = int(refused.value.message.split(" line ")[1].split(":")[0])
    changed = files[path].replace(old.encode(), new.encode()).decode().splitlines()
    written = changed[number - 1]
    assert written.startswith((new, "[[installations.keys]]"))
    assert refused.value.metadata["file"] == path


def test_a_missing_file_is_named(files: dict[str, bytes]) -> None:
    with pytest.raises(CharterUnusable, match=r"no installations/police\.toml"):
        parse_charter({k: v for k, v in files.items() if "police" not in k}, version=1)


def test_a_key_belongs_to_one_installation(files: dict[str, bytes]) -> None:
    path = "installations/police.toml"
    text = files[path].decode()
    first, second = [line for line in text.splitlines() if line.startswith("public = ")][:2]
    with pytest.raises(CharterUnusable, match="listed twice"):
        parse(files, path, second, first)
