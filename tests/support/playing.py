"""The plays of the pair test: what callers without sealed access do about one person, over the client library."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from federation.charter.envelope import GATEWAY as ANY_GATEWAY
from federation.client import Client
from federation.errors import HutongError
from federation.statements import methods
from federation.v1 import charter_pb2, charter_pb2_grpc, notice_pb2, notice_pb2_grpc, parked_pb2, query_pb2
from federation.v1 import timeliness_pb2 as timeliness
from federation.values.identity import Installation
from tests.support import applying, asking
from tests.support.documents import naming, pdf
from tests.support.federation import GATEWAY
from tests.support.notices import correction, decided, judgment, release, settled
from tests.support.pairs import Subject
from tests.support.playing_peers import POLICE, peers
from tests.support.stage import Play, Stage, refusable
from tests.support.waiting import wait_for


def question(member: str, query: Callable[[query_pb2.Subject], query_pb2.Query]) -> Play:
    """Return the play in which a member asks about a person, and looks whether anything was recalled."""

    def asked(stage: Stage, about: Subject) -> None:
        client = stage.client(member)
        client.ask(query(about.person.subject()))
        client.recalls.received(acknowledged_too=True)
        stage.rest()
        client.ask(query(about.person.subject()))
        client.recalls.received(acknowledged_too=True)

    return asked


def by_name(stage: Stage, about: Subject) -> None:
    """Who has no number asks by name and birth date, and by a name alone, which may be refused."""
    client = stage.client("court")
    subject = about.person.subject()
    subject.ClearField("identifiers")
    client.ask(asking.case(subject))
    stage.rest()
    client.ask(asking.case(subject))
    subject.ClearField("birth_date")
    refusable(lambda: client.ask(asking.case(subject)))
    client.recalls.received(acknowledged_too=True)


def recalls(stage: Stage, about: Subject) -> None:
    """A court that was given nothing acknowledges by ids that are no recalls of its own."""
    client = stage.client("court")
    client.ask(asking.case(about.person.subject()))
    stage.rest()
    client.recalls.received(acknowledged_too=True)
    for recall in (about.record_id, about.number):
        refusable(partial(client.recalls.acknowledge, [recall], "已销毁"))


def notices(stage: Stage, about: Subject) -> None:
    """A court, a prison and a county bureau send notices without a number that fits, also once officers decided."""
    first = judgment(about.person)
    court, prison, county = (stage.client(member) for member in ("court", "prison", "county_justice"))
    file = pdf(stage.folder, 120)
    information = notice_pb2.Notice(
        kind=notice_pb2.NOTICE_KIND_JUDGMENT_INFORMATION,
        matter=notice_pb2.MATTER_ORDINARY,
        occurred_on="2021-08-01",
        person=first.record.person,
        judgment=notice_pb2.JudgmentReference(number=first.record.judgment_number, court=first.record.court),
        changed_fields=["final_on"],
        reason="更正",
    )
    information.changed.final_on = "2019-06-18"
    bare = release(first)
    bare.ClearField("judgment")
    another = judgment(about.person)
    sent = (
        (court, information),
        (prison, naming(release(first), file)),
        (prison, bare),
        (county, correction(first)),
        (court, another),
    )
    received = []
    for client, notice in sent:
        [receipt] = client.notices.submit([notice])
        assert receipt.stage == notice_pb2.NOTICE_STAGE_ACCEPTED, receipt
        with stage.recorder.pausing():
            settled(client, [receipt.notice])
        client.notices.track([receipt.notice])
        newest(client)
        received.append(receipt.notice)
    decisions(stage, received)
    for (client, notice), digest in zip(sent, received, strict=True):
        client.notices.track([digest])
        client.notices.submit([notice])
        client.notices.track([digest])
    content = hashlib.sha256(file.read_bytes()).digest()
    refusable(lambda: prison.documents.get(content, stage.folder / "too-early", reason="核对"))
    prison.documents.put(file)
    operator = stage.client("interconnect")
    item = parked_pb2.ParkedItem(node="police-1", sender="court", notice=receipt.notice)
    operator.notices.deliver_again([item], "核对")


def decisions(stage: Stage, received: Sequence[bytes]) -> None:
    """Have officers decide, unheard, wherever notices wait, and wait until the gateway has learnt of it."""
    with stage.recorder.pausing():
        for agency in ("police", "justice", "procuratorate"):
            for notice in received:
                decided(stage.client(agency), f"{agency}-1", notice)
        wait_for(
            lambda: stage.servers.read(GATEWAY, "SELECT count(*) FROM delivery WHERE awaited"),
            lambda count: not count,
            what="the gateway's look at what officers decided",
        )


def newest(client: Client) -> None:
    """Look at the newest notice of the own list."""
    body = notice_pb2.NoticeList(newest=1).SerializeToString()
    envelope = client.connection.statement(body, method=methods.TRACK_NOTICES, destination=ANY_GATEWAY)
    line = client.connection.channel_to(client.charter.gateways[0])
    notice_pb2_grpc.NoticeServiceStub(line).Track(notice_pb2.TrackRequest(envelope=envelope))


def application(stage: Stage, about: Subject) -> None:
    """A person applies at the window about the own record, objects, and has the document checked."""
    for submission in (applying.own(about.person), applying.public(about.person)):
        windows = {
            officer: stage.client("police", officer).applications("police-1")
            for officer in (applying.ACCEPTOR, applying.REVIEWER, applying.HANDLER, applying.REEXAMINER)
        }
        accepting = windows[applying.ACCEPTOR]
        done = accepting.submit(submission)
        done = accepting.accept(done.application, applying.ACCEPT)
        done = windows[applying.REVIEWER].review(done.application, applying.APPROVE)
        windows[applying.HANDLER].list(limit=1)
        done = windows[applying.HANDLER].answer(done.application)
        [document] = done.documents
        stage.client("court").applications("police-1").check(document.number, document.code)
        accepting.show(done.application.number)
        accepting.list(limit=1)
        done = accepting.object(done.application, "结果有误")
        done = windows[applying.REEXAMINER].review(
            done.application, applying.CORRECT, [applying.GROUND], note="重新查询"
        )
        done = windows[applying.HANDLER].answer(done.application)
        accepting.show(done.application.number)
        stage.client("court").applications("police-1").check(document.number, document.code)


def lists(stage: Stage, about: Subject) -> None:
    """Everybody looks at what shows no person, or open ones alone, once the record is there."""
    for member in ("court", "prison", "county_justice", "police", "justice"):
        client = stage.client(member)
        for server in (POLICE, GATEWAY):
            line = client.connection.to_server(Installation.parse(server))
            charter_pb2_grpc.CharterServiceStub(line).GetCharter(charter_pb2.GetCharterRequest())
            if member != "police" or server == GATEWAY:  # its own node shows it how the log has grown
                client.evidence.checkpoint(Installation.parse(server))
        for asked in (
            timeliness.ExpectedPage(list=timeliness.EXPECTED_LIST_OVERDUE),
            timeliness.ExpectedPage(list=timeliness.EXPECTED_LIST_ENDING, within_days=366),
            timeliness.ExpectedPage(list=timeliness.EXPECTED_LIST_REGISTERED_ELSEWHERE, division="31"),
        ):
            expected(client, asked)
    listed = timeliness.ListedJudgment(number=about.number, final_on="2019-06-16")
    list(stage.client("court").timeliness.reconcile([listed]))


def expected(client: Client, asked: timeliness.ExpectedPage) -> None:
    """Read a list to its end at two nodes."""
    for node in ("police-1", "justice-1"):
        with suppress(HutongError):
            list(client.timeliness.expected(node, asked))


def figures(stage: Stage, about: Subject) -> None:
    """Operators read reports and what is parked, once the record is there."""
    operator = stage.client("interconnect")
    operator.notices.report(Installation.parse(GATEWAY))
    operator.notices.parked()
    stage.client("police").notices.report(Installation.parse(POLICE))


PLAYS: Mapping[str, Play] = {
    "case": question("court", asking.case),
    "public": question("police", asking.public),
    "defence": question("justice", asking.defence),
    "own": question("police", asking.own),
    "by name": by_name,
    "recalls": recalls,
    "notices": notices,
    "application": application,
    "lists": lists,
    "figures": figures,
    "peers": peers,
}
