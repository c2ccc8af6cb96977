"""The parts of every scene of the window walk: officers, their steps, and the results to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compose.apply.apply_showing import as_json, state_name
from compose.demo.patience import Patience
from compose.local.layout import NODES, Layout
from federation.client import Client
from federation.client.applications import Applications, VerifiedStep
from federation.documents.document import TITLES
from federation.errors import HutongError, NotPermitted, Unavailable
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2

WINDOW, REVIEWER, HANDLER, REEXAMINER, HEAD = "赵窗口员", "钱审核员", "孙处理员", "李复查员", "周局长"
PROSECUTOR = "吴检察官"
STOPPED = "justice-1"
NOT_REFUSED = "NOT REFUSED"
#: Reasons for which a node issues no document yet (R7).
NOT_COMPLETE = "ANSWER_NOT_COMPLETE"


@dataclass
class Scene:
    """One asker: the application, its outcome, and what the scene shows."""

    id: str
    asker: str
    title: str
    shows: str
    done: VerifiedStep | None = None
    #: Documents to show in full.
    documents: list[document_pb2.Document] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    #: A page for a person; it is not a document.
    page: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """The document that the application ended in, or its current state."""
        if self.documents:
            return TITLES[self.documents[-1].kind]
        return state_name(self.done.application.state) if self.done else "; ".join(self.sentences[-1:])

    def as_json(self) -> dict[str, Any]:
        """Return the scene for programs."""
        return {
            "id": self.id,
            "asker": self.asker,
            "title": self.title,
            "outcome": self.outcome,
            "said": self.sentences,
            "shows": self.shows,
            **(as_json(self.done) if self.done else {}),
            **self.extra,
        }


class Walk:
    """Performs the steps of officers at the windows of one federation."""

    def __init__(self, home: Path, patience: Patience | None = None) -> None:
        self.home = home
        self.description = Layout(home.resolve()).description
        self.patience = patience or Patience()

    def answered(
        self, id: str, asker: str, title: str, agency: str, submission: pb.Submission, shows: str
    ) -> Scene:
        """Play an application that ends in a document."""
        done = self.walked(agency, submission)
        return Scene(id, asker, title, shows, done=done, documents=done.documents)

    def turned_away(
        self, id: str, asker: str, title: str, agency: str, submission: pb.Submission, shows: str
    ) -> Scene:
        """Play an application that is not accepted, with the error of the node when it was tried."""
        with self.applications(agency, WINDOW) as applications:
            taken = applications.submit(submission).application
            sentence = refused(lambda: applications.accept(taken, pb.APPLICATION_STEP_ACCEPT))
            done = applications.accept(taken, pb.APPLICATION_STEP_REFUSE)
        return Scene(id, asker, title, shows, done=done, documents=done.documents, sentences=[sentence])

    def reviewed(self, agency: str, submission: pb.Submission) -> VerifiedStep:
        """Submit, accept and review."""
        with self.applications(agency, WINDOW) as applications:
            taken = applications.accept(
                applications.submit(submission).application, pb.APPLICATION_STEP_ACCEPT
            )
        with self.applications(agency, REVIEWER) as applications:
            return applications.review(taken.application, pb.APPLICATION_STEP_APPROVE)

    def walked(self, agency: str, submission: pb.Submission) -> VerifiedStep:
        """Go from submission to document."""
        reviewed = self.reviewed(agency, submission)
        with self.applications(agency, HANDLER) as applications:
            return self.handled(applications, reviewed.application)

    def handled(self, applications: Applications, application: pb.Application) -> VerifiedStep:
        """Ask and handle; repeat while a required node has not answered, because no document is issued before."""
        return self.patience.until(
            lambda: applications.answer(application),
            lambda done: "",
            "asking again",
            passing=lambda error: error.reason == NOT_COMPLETE,
        )

    def applications(self, agency: str, officer: str) -> OfficersClient:
        """Return an officer's client of applications at the agency's node."""
        return OfficersClient(self.description, agency, officer)


class OfficersClient:
    """An officer's applications, with a client of its own, as a context manager."""

    def __init__(self, description: Path, agency: str, officer: str) -> None:
        self._client = Client.open(description, agency, officer=officer)
        self._node = NODES[agency]

    def __enter__(self) -> Applications:
        return self._client.__enter__().applications(self._node)

    def __exit__(self, *_: object) -> None:
        self._client.__exit__(None, None, None)


GROUND = document_pb2.Ground(
    rule="公安机关办理犯罪记录查询工作规定 第2条 [V]",
    says="生效判决所载身份与申请人一致",
    remedy="对判决不服的，向人民法院申诉",
)
_IDS = ("number", "application", "issued_at", "request_digest", "answer_digest", "code", "subject")


def without_ids(document: document_pb2.Document) -> document_pb2.Document:
    """Return a document without the values that differ between any two documents."""
    bare = document_pb2.Document()
    bare.CopyFrom(document)
    for name in _IDS:
        bare.ClearField(name)  # type: ignore[arg-type]
    return bare


def refused(step: Any) -> str:
    """Return the error text of the node that refused `step`; raises `Unavailable` when it could not be reached."""
    try:
        step()
    except Unavailable:
        raise
    except NotPermitted as refused:
        return "; ".join(f"{p.says}（{p.clause}），{p.remedy}" for p in refused.policies)
    except HutongError as refused:
        return f"{refused.reason}: {refused.message}"
    return NOT_REFUSED
