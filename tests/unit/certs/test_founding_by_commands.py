"""`hutong charter draft`, `sign`, `publish`: thresholds, proofs and differences, each agency in a folder of its own."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from textwrap import dedent

import pytest
from tuf.api.metadata import Root, Targets

from certs.charter_differences import differences
from certs.charter_draft import Base, CharterDraft
from certs.charter_drafts import toml_bytes
from certs.charter_plan import read_plan
from federation.values.clock import now
from tests.support.founding import (
    AGENCIES,
    GATEWAY,
    SERVERS,
    WINDOWS,
    Founding,
    founding_plan,
)


def suspending(agencies: Founding, name: str = "suspend.toml") -> Path:
    says = '[[states]]\ninstallation = "justice/node/justice-1"\nstate = "suspended"\n'
    return agencies.draft(agencies.plan(name, f"format = 1\n{says}"))


def test_a_federation_is_founded_and_everybody_checks_it(agencies: Founding) -> None:
    facts = agencies.facts("charter", "show", *agencies.base("police"))
    assert (facts["federation"], facts["charter_version"]) == ("hutong.example", 1)
    assert facts["police/node/police-1"] == "active answers+witnesses localhost:7401"
    assert facts["purpose case"] == list(AGENCIES)
    assert facts["windows need a mandate"] == "yes"
    assert "officers of police certified since" in facts


def test_one_agency_alone_suspends_an_installation_and_sees_nothing_else_change(agencies: Founding) -> None:
    draft = suspending(agencies)
    plan = agencies.post / "suspend.toml"
    shown = agencies.facts("charter", "draft", plan, "--out", draft, *agencies.base())
    assert shown["differences"] == [
        {
            "fact": "justice.installations[justice/node/justice-1].state",
            "before": "active",
            "after": "suspended",
        }
    ]
    assert list(shown["must_sign"]) == ["justice"]
    agencies.publish(draft, agencies.sign(draft, "justice", "charter.key"))
    facts = agencies.facts("charter", "show", *agencies.base("police"))
    assert facts["justice/node/justice-1"].startswith("suspended")
    again = agencies.typed("charter", "draft", plan, "--out", draft, *agencies.base(), code=1)
    assert "[NO_CHANGE]" in again


def test_a_key_that_signs_nothing_is_named(agencies: Founding) -> None:
    draft = suspending(agencies)
    key = agencies.of("police") / "keys" / "charter.key"
    said = ["--out", agencies.post / "s.json", "--yes", *agencies.base("police")]
    told = agencies.typed("charter", "sign", draft, "--key", key, *said, code=1)
    assert "key: " in told
    assert "[SIGNER]" in told


def test_what_changes_is_looked_at_before_it_is_signed(agencies: Founding) -> None:
    draft = suspending(agencies)
    said = ["--key", agencies.of("justice") / "keys" / "charter.key", "--out", agencies.post / "s.json"]
    told = agencies.typed("charter", "sign", draft, *said, *agencies.base("justice"), code=1)
    assert "[READ_FIRST]" in told
    assert "~ justice.installations[justice/node/justice-1].state: active -> suspended" in told
    assert not (agencies.post / "s.json").exists()


def test_neither_a_plan_nor_a_key_is_replaced_by_what_is_made_of_it(agencies: Founding) -> None:
    """A key that was named by mistake was lost."""
    draft = suspending(agencies)
    key, plan = agencies.of("justice") / "keys" / "charter.key", agencies.post / "suspend.toml"
    said = ["--key", key, "--out", key, "--yes", *agencies.base("justice")]
    assert "[EXISTS]" in agencies.typed("charter", "sign", draft, *said, code=1)
    assert b"PRIVATE KEY" in key.read_bytes()
    before = plan.read_bytes()
    assert "[EXISTS]" in agencies.typed(
        "charter", "draft", plan, "--out", plan, *agencies.base("justice"), code=1
    )
    assert plan.read_bytes() == before
    agencies.sign(draft, "justice", "charter.key")
    agencies.sign(draft, "justice", "charter.key")


def test_a_draft_on_an_old_charter_is_neither_signed_nor_published(agencies: Founding) -> None:
    first, second = suspending(agencies), suspending(agencies, "again.toml")
    signed = agencies.sign(second, "justice", "charter.key")
    agencies.publish(first, agencies.sign(first, "justice", "charter.key"))
    assert "[STALE]" in agencies.publish(second, signed, code=1)
    key = agencies.of("justice") / "keys" / "charter.key"
    said = ["--key", key, "--out", agencies.post / "s.json", "--yes", *agencies.base("justice")]
    told = agencies.typed("charter", "sign", second, *said, code=1)
    assert "the draft changes charter 1, and charter 2 is in force: draft it anew" in told


def test_signatures_of_another_draft_count_for_nothing(agencies: Founding) -> None:
    says = '[[endpoints]]\ninstallation = "justice/node/justice-1"\nendpoint = "there:7401"\n'
    other = agencies.draft(agencies.plan("moves.toml", f"format = 1\n{says}"))
    told = agencies.publish(suspending(agencies), agencies.sign(other, "justice", "charter.key"), code=1)
    assert "signatures: " in told
    assert "[DRAFT]" in told


def test_policy_needs_three_agencies_in_whatever_order_they_sign(agencies: Founding) -> None:
    says = '[[readings]]\nname = "violation_certificates"\nvalue = "yes"\nbecause = "省高院意见"\n'
    draft = agencies.draft(agencies.plan("reading.toml", f"format = 1\n{says}"))
    signed = [agencies.sign(draft, each, "root.key") for each in ("justice", "police", "procuratorate")]
    told = agencies.publish(draft, *signed[:2], code=1)
    assert "targets has 2 of 3 signatures that it needs" in told
    assert "[THRESHOLD]" in told
    agencies.publish(draft, signed[2], signed[0], signed[1])
    assert agencies.facts("charter", "show", *agencies.base())["certificates of no violations"] == "yes"


def test_a_draft_that_says_more_than_its_files_is_not_signed(agencies: Founding) -> None:
    draft = suspending(agencies)
    document = json.loads(draft.read_text("utf-8"))
    document["files"]["installations/justice.toml"] += "# and more\n"
    draft.write_text(json.dumps(document), "utf-8")
    key = agencies.of("justice") / "keys" / "charter.key"
    said = ["--key", key, "--out", agencies.post / "s.json", "--yes", *agencies.base("justice")]
    assert "[DERIVED]" in agencies.typed("charter", "sign", draft, *said, code=1)


def test_a_key_without_a_request_of_its_own_is_not_signed_for(agencies: Founding) -> None:
    agencies.endpoints["justice/node/justice-2"] = "localhost:7402"
    agencies.installation("justice/node/justice-2")
    says = '[[installations]]\nrequest = "justice-2.request.json"\n'
    draft = agencies.draft(agencies.plan("join.toml", f"format = 1\n{says}"))
    document = json.loads(draft.read_text("utf-8"))
    document["requests"] = []
    draft.write_text(json.dumps(document), "utf-8")
    key = agencies.of("justice") / "keys" / "charter.key"
    said = ["--key", key, "--out", agencies.post / "s.json", "--yes", *agencies.base("justice")]
    assert "[POSSESSION]" in agencies.typed("charter", "sign", draft, *said, code=1)


@pytest.mark.parametrize("threshold", [0, 1, 2, 5])
def test_a_threshold_that_is_no_majority_founds_nothing(agencies: Founding, threshold: int) -> None:
    plan = agencies.plan("other.toml", founding_plan(SERVERS, WINDOWS, threshold))
    told = agencies.typed("charter", "draft", plan, "--out", agencies.post / "d.json", code=1)
    assert "threshold: " in told
    assert "[MAJORITY]" in told


def test_no_second_federation_is_founded_where_one_is(agencies: Founding) -> None:
    draft = agencies.post / "founding.draft.json"
    signed = sorted(agencies.post.glob("founding.draft.json.*.signatures.json"))
    assert "[ALREADY_EXISTS]" in agencies.publish(draft, *signed, code=1)


@pytest.mark.parametrize(
    ("says", "field"),
    [
        ('[[states]]\ninstallation = "justice/node/justice-1"\nstate = "asleep"\n', "states[0].state"),
        ('[[states]]\ninstalation = "justice/node/justice-1"\nstate = "active"\n', "instalation"),
        ('[[installations]]\nrequest = "window-1.request.json"\n', "roles"),
        ('[[readings]]\nname = "violation_certificates"\nvalue = "perhaps"\nbecause = "x"\n', "value"),
    ],
)
def test_a_plan_that_cannot_be_names_line_and_field(agencies: Founding, says: str, field: str) -> None:
    plan = agencies.plan("bad.toml", f"format = 1\n{says}")
    told = agencies.typed(
        "charter", "draft", plan, "--out", agencies.post / "d.json", *agencies.base(), code=1
    )
    assert field in told
    assert "line " in told
    assert "CHARTER_INVALID" in told


def test_another_publisher_publishes_nothing(agencies: Founding) -> None:
    draft = suspending(agencies)
    signed = agencies.sign(draft, "justice", "charter.key")
    shutil.copy(
        agencies.of(GATEWAY) / "keys" / "charter.key", agencies.of(GATEWAY) / "keys" / "publisher.key"
    )
    told = agencies.publish(draft, signed, code=1)
    assert "publisher_key: " in told
    assert "[SIGNER]" in told


def test_the_plans_in_the_document_are_plans(agencies: Founding) -> None:
    """They are read as they stand, with request files in the places that they name."""
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    plans = [dedent(text) for text in re.findall(r"^ *```toml\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)]
    assert len(plans) == 7
    for name in ("police-2", "railway-1", "police-1.next"):
        shutil.copy(agencies.post / "justice-1.request.json", agencies.post / f"{name}.request.json")
    for name in ("railway_police", "police.new"):
        shutil.copy(agencies.post / "police.authority.json", agencies.post / f"{name}.authority.json")
    for text in plans:
        read_plan(agencies.plan("shown.toml", text), now=now())


def test_no_entry_of_a_list_hides_another_one_in_what_is_shown() -> None:
    """Rows of the routing table share a division; a row that stood in another one's place was not shown."""
    rows = [{"division": "11", "matter": matter, "node": "police-1"} for matter in ("a", "b")]
    before = toml_bytes({"routing": rows})
    after = toml_bytes({"routing": [{**rows[0], "node": "police-2"}, rows[1]]})
    base = Base(root=Root(), targets=Targets(), files={"policy.toml": before})
    draft = CharterDraft(0, "", {}, {"policy.toml": after}, ())
    [found] = differences(draft, base)
    assert found.line == "~ policy.routing[0].node: police-1 -> police-2"


def test_what_init_prints_is_what_the_draft_shows(template: Founding, agencies: Founding) -> None:
    home = agencies.home("police/client/window-1")
    said = ["--home", home, "--installation", "police/client/window-1", "--federation", "hutong.example"]
    told = agencies.typed(
        "window",
        "init",
        *said,
        "--charter",
        template.published,
        "--charter-root",
        template.of("police") / "1.root.json",
    )
    [public] = re.findall(r"public signing key.*: ([0-9a-f]{64})", told)
    where = agencies.post / "founding.toml"
    shown = agencies.facts("charter", "draft", where, "--out", agencies.post / "again.json")
    assert [each for each in shown["differences"] if f"window-1].keys[{public}]" in each["fact"]]
