"""An agency's own policies may tighten disclosure and do nothing else (R57); what errs denies."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.errors import NotPermitted
from federation.law.disclosure import Asker, Context, Disclosure, RecordFacts
from federation.law.policies import PolicyRefused
from federation.values.identity import OrganClass

FULL_CONTEXT = Context(case_number="x", subject_of_case=True, basis="MIN-62", undertaking=True)


# --- policies


def folder(tmp_path: Path, text: str, name: str = "own.cedar") -> Path:
    (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


OWN = '@id("agency-x") @clause("local rule 1") @says("not from us") '


def test_r57_an_agency_may_tighten_on_asker_purpose_and_context(tmp_path: Path) -> None:
    extra = folder(
        tmp_path,
        OWN
        + 'forbid (principal, action == Action::"case", resource) when { principal.class == "state_organ" };',
    )
    rules = Disclosure(extra_forbid_dir=extra)
    asked = Context(case_number="x")
    with pytest.raises(NotPermitted, match="not from us") as refusal:
        rules.admit(Asker(OrganClass.STATE_ORGAN), "case", asked)
    assert [p.id for p in refusal.value.policies] == ["agency-x"]
    assert rules.admit(Asker(OrganClass.POLICE), "case", asked).permitted


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (OWN + "permit (principal, action, resource);", "may only forbid"),
        (
            OWN + "forbid (principal, action, resource) when { resource.sealed };",
            "may not look at the record",
        ),
        (
            OWN + "forbid (principal, action, resource) unless { context.case_number && !resource.sealed };",
            "may not look at the record",
        ),
        (
            OWN + "forbid (principal, action, resource) when { if resource.sealed then true else false };",
            "may not look at the record",
        ),
        (
            OWN + 'forbid (principal, action, resource == Record::"criminal/sealed");',
            "may not look at the record",
        ),
        (OWN + "forbid (principal == ?principal, action, resource);", "a template"),
        (OWN + "forbid (principal, action, resource) when { context.mood };", "mood"),
        ('@id("agency-x") forbid (principal, action, resource);', "lacks @clause, @says"),
        (
            OWN.replace("agency-x", "q1-case") + "forbid (principal, action, resource);",
            "another policy has this id",
        ),
    ],
)
def test_r57_an_agency_may_do_nothing_else(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(PolicyRefused, match=problem) as refusal:
        Disclosure(extra_forbid_dir=folder(tmp_path, text))
    assert "own.cedar" in str(refusal.value)
    assert "agency-x" in str(refusal.value) or "q1-case" in str(refusal.value)


def test_a_policy_file_that_does_not_parse_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused, match=r"own\.cedar"):
        Disclosure(extra_forbid_dir=folder(tmp_path, "forbid everything"))
    with pytest.raises(PolicyRefused, match="no such folder"):
        Disclosure(extra_forbid_dir=tmp_path / "nowhere")


def test_any_error_of_evaluation_denies(tmp_path: Path) -> None:
    """Cedar skips a policy that fails to evaluate; a `forbid` that overflows must not be skipped here."""
    text = OWN + "forbid (principal, action, resource) when { 9223372036854775807 + 1 == 0 };"
    rules = Disclosure(extra_forbid_dir=folder(tmp_path, text))
    ruling = rules.decide(
        Asker(OrganClass.POLICE), "case", Context(case_number="x"), RecordFacts("criminal", False)
    )
    assert (ruling.permitted, ruling.shown) == (False, "none")
    assert [p.id for p in ruling.policies] == ["evaluation-error"]


def test_where_no_policy_matches_the_ruling_says_so(tmp_path: Path) -> None:
    schema = (Path(__file__).parents[4] / "federation" / "law" / "policy" / "schema.cedarschema").read_text(
        "utf-8"
    )
    folder(tmp_path, schema, "schema.cedarschema")
    folder(tmp_path, OWN + 'permit (principal, action == Action::"own", resource);')
    rules = Disclosure(policies_dir=tmp_path)
    ruling = rules.decide(Asker(OrganClass.POLICE), "case", FULL_CONTEXT, RecordFacts("criminal", False))
    assert not ruling.permitted
    assert ruling.policies[0].id == "default-deny"
    assert "no permit matched" in ruling.policies[0].says
