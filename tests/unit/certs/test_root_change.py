"""The root of a charter is followed by another: renewed, with other keys, with another publisher; members leave."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from certs.charter_folder import CharterFolder
from certs.removal import without_member
from federation.charter.parse import POLICY
from federation.charter.trust import CharterTrust
from federation.errors import InvalidRequest
from federation.values.identity import MemberId
from tests.support.federation import SmallFederation
from tests.support.founding import AGENCIES, GATEWAY, Founding, founded, prepared

THREE = ("justice", "procuratorate", "state_security")
LEAVES = """format = 1
[purposes]
case = ["police", "state_security", "procuratorate", "justice", "railway_police"]
[[members]]
id = "railway_police"
title = "铁路公安机关"
class = "police"
[[authorities]]
request = "railway_police.authority.json"
[[installations]]
request = "railway-1.request.json"
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Founding:
    return founded(prepared(tmp_path_factory.mktemp("founded") / "f"))


@pytest.fixture
def agencies(template: Founding, tmp_path: Path) -> Founding:
    """A founded federation that a test may change."""
    shutil.copytree(template.place, tmp_path / "f")
    return Founding(tmp_path / "f", template.endpoints)


def drafted(agencies: Founding, says: str) -> Path:
    count = len(list(agencies.post.glob("*.toml")))
    return agencies.draft(agencies.plan(f"root-{count}.toml", f"format = 1\n{says}"))


def new_share(agencies: Founding, member: str, *extra: str) -> None:
    """Make another authority's folder with a share of the root, and send its request file."""
    keys = agencies.of(member) / "keys2"
    agencies.typed(
        "certs", "authority", "--federation", "hutong.example", "--member", member, "--out", keys, *extra
    )
    shutil.copy(keys / "authority.json", agencies.post / f"{member}.authority2.json")


def verified(agencies: Founding) -> int:
    """Return the charter's version, as somebody sees it who has pinned the first root alone."""
    return int(agencies.facts("charter", "verify", *agencies.base("police"))["charter_version"])


def renew_root(agencies: Founding) -> None:
    draft = drafted(agencies, '[[renewals]]\nof = "root"\n')
    agencies.publish(draft, *(agencies.sign(draft, member, "root.key") for member in THREE))


def replace_police_share(agencies: Founding) -> Path:
    new_share(agencies, "police", "--root")
    return drafted(
        agencies,
        '[[root_keys]]\nrequest = "police.authority2.json"\nin_place_of = "police.authority.json"\n',
    )


def test_a_root_is_renewed_and_whoever_pinned_the_first_one_follows(agencies: Founding) -> None:
    before = verified(agencies)
    renew_root(agencies)
    renew_root(agencies)
    assert verified(agencies) == before + 2
    names = sorted(path.name for path in (agencies.published / "metadata").glob("*.root.json"))
    assert names == ["1.root.json", "2.root.json", "3.root.json"]


def test_a_share_is_replaced_by_old_and_new_root_and_the_former_one_signs_nothing_more(
    agencies: Founding,
) -> None:
    draft = replace_police_share(agencies)
    others = [agencies.sign(draft, member, "root.key") for member in ("justice", "procuratorate")]
    shown = agencies.publish(draft, *others, code=1)
    assert "[THRESHOLD]" in shown
    agencies.publish(draft, *others, agencies.sign(draft, "police", "root.key", "keys2/root.key"))
    assert verified(agencies)
    later = drafted(agencies, '[[renewals]]\nof = "policy"\n')
    refused = agencies.typed(
        "charter", "sign", later, "--key", agencies.key("police", "root.key"), "--yes",
        "--out", agencies.post / "none.json", *agencies.base(), code=1,
    )  # fmt: skip
    assert "[SIGNER]" in refused
    agencies.publish(
        later,
        agencies.sign(later, "police", "keys2/root.key"),
        *(agencies.sign(later, member, "root.key") for member in THREE[:2]),
    )
    assert verified(agencies)


def test_the_new_root_alone_does_not_make_itself(agencies: Founding) -> None:
    """Three new keys are no root: three of those in force must sign it."""
    for member in THREE:
        new_share(agencies, member, "--root")
    rows = "".join(
        f'[[root_keys]]\nrequest = "{m}.authority2.json"\nin_place_of = "{m}.authority.json"\n' for m in THREE
    )
    draft = drafted(agencies, rows)
    signed = [agencies.sign(draft, member, "keys2/root.key") for member in THREE]
    shown = agencies.publish(draft, *signed, code=1)
    assert "by the keys of the root in force" in shown
    assert "[THRESHOLD]" in shown


def test_a_threshold_that_is_no_majority_is_refused(agencies: Founding) -> None:
    plan = agencies.plan(
        "low.toml", 'format = 1\nthreshold = 2\n[[root_keys]]\nin_place_of = "police.authority.json"\n'
    )
    draft = agencies.draft(plan)  # two of three are a majority
    agencies.publish(draft, *(agencies.sign(draft, member, "root.key") for member in THREE))
    assert verified(agencies)
    low = agencies.plan(
        "lower.toml", 'format = 1\nthreshold = 1\n[[root_keys]]\nin_place_of = "justice.authority.json"\n'
    )
    shown = agencies.typed(
        "charter", "draft", low, "--out", agencies.post / "low.json", *agencies.base(), code=1
    )
    assert "[MAJORITY]" in shown


def test_another_publisher_publishes_and_the_former_one_no_more(agencies: Founding) -> None:
    new_share(agencies, GATEWAY, "--publisher")
    draft = drafted(agencies, 'publisher = "interconnect.authority2.json"\n')
    signed = [agencies.sign(draft, member, "root.key") for member in THREE]
    key = agencies.key(GATEWAY, "keys2/publisher.key")
    where = ["--published", agencies.published, "--publisher-key", key]
    assert "[SIGNER]" in agencies.publish(draft, *signed, code=1)
    agencies.typed("charter", "publish", draft, *signed, *where)
    agencies.typed("charter", "refresh", *where)
    former = agencies.key(GATEWAY, "publisher.key")
    agencies.typed("charter", "refresh", "--published", agencies.published, "--publisher-key", former, code=1)
    assert verified(agencies)


def test_publishing_that_was_killed_after_the_root_is_finished_by_the_same_command(
    agencies: Founding, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = replace_police_share(agencies)
    signed = [agencies.sign(draft, member, "root.key") for member in ("justice", "procuratorate")]
    signed.append(agencies.sign(draft, "police", "root.key", "keys2/root.key"))
    whole = CharterFolder.write

    def cut(folder: CharterFolder, files: dict[str, bytes]) -> None:
        whole(folder, {name: content for name, content in files.items() if "timestamp" not in name})
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(CharterFolder, "write", cut)
        agencies.publish(draft, *signed, code=1)
    before = verified_or_none(agencies)
    agencies.publish(draft, *signed)
    assert verified(agencies) == (before or 1) + 1


def verified_or_none(agencies: Founding) -> int | None:
    try:
        return verified(agencies)
    except AssertionError:
        return None


def test_a_program_that_runs_follows_root_and_publisher(agencies: Founding, tmp_path: Path) -> None:
    root = agencies.of("police") / "1.root.json"
    with CharterTrust(agencies.published, tmp_path / "state", root, every=3600) as trust:
        before = trust.current().version
        renew_root(agencies)
        assert trust.refresh().version == before + 1
        new_share(agencies, GATEWAY, "--publisher")
        draft = drafted(agencies, 'publisher = "interconnect.authority2.json"\n')
        signed = [agencies.sign(draft, member, "root.key") for member in THREE]
        key = agencies.key(GATEWAY, "keys2/publisher.key")
        agencies.typed(
            "charter", "publish", draft, *signed, "--published", agencies.published, "--publisher-key", key
        )
        assert trust.refresh().version == before + 2
    with CharterTrust(agencies.published, tmp_path / "state", root, every=3600) as again:
        assert again.current().version == before + 2


def test_a_root_key_that_nobody_has_shown_is_refused(agencies: Founding) -> None:
    path = replace_police_share(agencies)
    document = json.loads(path.read_text("utf-8"))
    document["requests"] = []
    path.write_text(json.dumps(document), "utf-8")
    shown = agencies.typed(
        "charter", "sign", path, "--key", agencies.key("justice", "root.key"), "--yes",
        "--out", agencies.post / "none.json", *agencies.base(), code=1,
    )  # fmt: skip
    assert "[POSSESSION]" in shown


def join(agencies: Founding) -> None:
    agencies.pin("railway_police")
    draft = drafted(agencies, LEAVES.removeprefix("format = 1\n"))
    signed = [agencies.sign(draft, member, "root.key") for member in THREE]
    agencies.publish(draft, agencies.sign(draft, "railway_police", "charter.key"), *signed)


def test_a_member_leaves_by_the_others_signatures_and_may_come_back(
    agencies: Founding, tmp_path: Path
) -> None:
    name = "railway_police/node/railway-1"
    agencies.endpoints[name] = "localhost:7499"
    agencies.authority("railway_police")
    agencies.installation(name)
    join(agencies)
    draft = drafted(agencies, '[[removals]]\nmember = "railway_police"\n')
    shown = agencies.facts("charter", "sign", draft, "--key", agencies.key("police", "root.key"), "--yes",
                           "--out", agencies.post / "seen.json", *agencies.base())  # fmt: skip
    gone = [each for each in shown["differences"] if each["before"] and not each["after"]]
    assert any(each["fact"].startswith("railway_police.installations") for each in gone)
    assert any(each["fact"].startswith("policy.members.railway_police") for each in gone)
    assert set(shown["must_sign"]) == {"targets"}
    agencies.publish(draft, *(agencies.sign(draft, member, "root.key") for member in THREE))
    root = agencies.of("police") / "1.root.json"
    with CharterTrust(agencies.published, tmp_path / "state", root, every=3600) as trust:
        charter = trust.current()
        assert MemberId("railway_police") not in charter.members
        assert {node.agency for node in charter.required_nodes("case")} == set(AGENCIES)
        join(agencies)
        assert MemberId("railway_police") in trust.refresh().members


def test_only_a_member_leaves(agencies: Founding) -> None:
    plan = agencies.plan("away.toml", 'format = 1\n[[removals]]\nmember = "nobody"\n')
    shown = agencies.typed(
        "charter", "draft", plan, "--out", agencies.post / "x.json", *agencies.base(), code=1
    )
    assert "no member nobody" in shown


def test_a_member_whose_authority_vouches_for_others_does_not_leave(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path)
    files = {
        POLICY: next(iter((federation.published / "targets").glob("*.policy.toml"))).read_bytes(),
        "installations/procuratorate.toml": federation.office.installations_of(MemberId("procuratorate")),
    }
    with pytest.raises(InvalidRequest, match="vouches for court"):
        without_member(files, "procuratorate")
    after = without_member(files, "court")
    assert "court" not in after[POLICY].decode().split("[authorities")[0]
    assert b"court/client/desk" not in after["installations/procuratorate.toml"]
