"""An agency's questions and notices are held to its own node's roll of officers (R12)."""

from __future__ import annotations

from federation.client.officer_keys import write_entry
from federation.errors import HutongError
from federation.v1 import notice_pb2
from tests.support.asking import case
from tests.support.inside import InsideFederation
from tests.support.notices import judgment, release, settled, stages
from tests.support.records import Someone
from tests.support.waiting import wait_for
from tests.support.windows import FIRST, KEYED, Window, outcome


def test_r12_a_question_is_held_to_the_roll_of_the_askers_own_node(window: Window, someone: Someone) -> None:
    """However it comes: through a gateway too, who asks is one of the officers, spelled as registered."""
    query = case(someone.subject())
    assert window.asked(FIRST, query) == "FINDING_RECORD"
    assert window.asked(KEYED, query) == "FINDING_RECORD"
    assert window.asked("路人甲", query) == "OFFICER_NOT_REGISTERED"
    write_entry(window.folder, id="px", name="科 长", key="")  # another spelling, another id
    try:
        assert window.asked("px", query) == "OFFICER_NOT_REGISTERED"
        write_entry(window.folder, id="px", name=KEYED, key="")
        assert window.asked("px", query) == "OFFICER_NOT_REGISTERED"
    finally:
        (window.folder / "px.json").unlink()
    write_entry(window.folder, id="p2", name=KEYED, key="")  # at the desk, but not with the officer's key
    try:
        assert window.asked("p2", query) == "OFFICER_NOT_SIGNED"
    finally:
        write_entry(window.folder, id="p2", name=KEYED, key="p2.key")


def test_r12_members_without_a_roll_ask_as_before(inside: InsideFederation, someone: Someone) -> None:
    for member in ("justice", "court"):
        assert outcome(inside.client(member, "路人乙"), case(someone.subject())) == "FINDING_RECORD"


def test_r12_a_notice_of_the_own_agency_is_held_to_the_roll_of_the_moment_at_which_it_was_accepted(
    inside: InsideFederation, window: Window
) -> None:
    functions = b'class = "police"\nfunctions = ["detention_house"]'
    inside.amend_policy(lambda policy: policy.replace(b'class = "police"', functions))
    court, first = inside.client("court"), judgment(Someone())
    wait_for(
        lambda: court.notices.submit([first])[0].stage,
        lambda stage: stage == notice_pb2.NOTICE_STAGE_ACCEPTED,
        what="a judgment accepted",
        passing=HutongError,
    )
    window.register("p7", "吴警官", by=FIRST)

    def sent(officer: str, notice: notice_pb2.Notice) -> dict[str, str]:
        with window.client(officer) as client:
            receipt = wait_for(
                lambda: client.notices.submit([notice])[0],
                lambda each: each.stage == notice_pb2.NOTICE_STAGE_ACCEPTED,
                what="the gateway to know that the police may send it",
            )
            return stages(settled(client, [receipt.notice])[0])

    refused = sent("路人甲", release(first))
    assert refused["police-1"] == "refused", "the node knows its officers; the gateway does not"
    assert sent("吴警官", release(first, "2022-06-21"))["police-1"] != "refused"
