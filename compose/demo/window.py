"""`hutong demo --walk window`: six kinds of askers at four agencies' windows, from application to document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from compose.apply_showing import STATES, as_json
from compose.demo import window_forms as forms
from compose.demo.casting import Cast, Character
from compose.demo.scenarios import UNDERTAKING
from compose.local import local
from compose.local.layout import NODES, Layout
from federation.applications.client import ApplicationDesk, Done
from federation.client import Client
from federation.documents.document import TITLES
from federation.documents.rendering import text_of
from federation.errors import HutongError, NotPermitted
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.words import completeness_word, finding_word

WINDOW, REVIEWER, HANDLER, REEXAMINER, HEAD = "赵窗口员", "钱审核员", "孙处理员", "李复查员", "周局长"
STOPPED = "justice-1"


@dataclass
class Scene:
    """One asker: what was applied for, what came of it, and what that shows."""

    id: str
    asker: str
    title: str
    shows: str
    done: Done | None = None
    #: Documents to show in full.
    documents: list[document_pb2.Document] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """The document that it ended in, or where it stands."""
        if self.documents:
            return TITLES[self.documents[-1].kind]
        return STATES.get(self.done.application.state, "") if self.done else "; ".join(self.said[-1:])

    def as_json(self) -> dict[str, Any]:
        """Return the scene for programs."""
        return {
            "id": self.id,
            "asker": self.asker,
            "title": self.title,
            "outcome": self.outcome,
            "said": self.said,
            "shows": self.shows,
            **(as_json(self.done) if self.done else {}),
            **self.extra,
        }


class Windows:
    """Plays the walk on one federation."""

    def __init__(self, home: Path, cast: Cast) -> None:
        if cast.conflict is None or cast.barred is None or cast.sealed is None:
            raise ValueError("a role of the walk has nobody to play it")
        self._home = home
        self._description = Layout(home.resolve()).description
        self._convict, self._barred, self._sealed = cast.conflict, cast.barred, cast.sealed
        self._nobody = cast.nobody

    def play(self) -> Iterator[Scene]:
        """Yield each scene as it is played."""
        from compose.demo.window_sealing import spreading  # which makes a Scene, too

        yield self._own()
        yield self._school()
        yield self._lawyer()
        yield self._organ()
        yield self._prosecutor()
        yield self._no_seal_opened()
        yield self._another_case()
        yield self._objection()
        yield self._alike()
        yield self._one_down()
        yield spreading(self._home, self._convict)

    def _own(self) -> Scene:
        return self._answered(
            "1",
            "本人",
            "a person asks for a certificate at the police window",
            "police",
            forms.own(self._nobody),
            "Accepted, reviewed and handled by three named officers; the certificate is signed by the node (R34).",
        )

    def _school(self) -> Scene:
        return self._answered(
            "2",
            "学校",
            "a school asks under COMP-24 at the procuratorate's window",
            "procuratorate",
            forms.school(self._barred),
            "The letter names the provision and says yes or no, nothing else (R36, R37).",
        )

    def _lawyer(self) -> Scene:
        return self._answered(
            "3",
            "辩护律师",
            "the defence lawyer of this case, at the justice window",
            "justice",
            forms.lawyer(self._convict),
            "Engaged in this case, for its defendant: must be allowed (R38).",
        )

    def _organ(self) -> Scene:
        return self._answered(
            "4",
            "国家机关",
            "a customs bureau without a client of its own, at the state-security window",
            "state_security",
            forms.customs(self._convict),
            "Any state organ may ask for its case (R32); the window asks on its behalf.",
        )

    def _prosecutor(self) -> Scene:
        officer = "吴检察官"
        with Client.open(self._description, "procuratorate", officer=officer) as client:
            answer = client.ask(forms.prosecutor(self._sealed, officer, UNDERTAKING)).answer
        said = (
            f"{finding_word(answer.finding)}, {completeness_word(answer.completeness)}, "
            f"watermark {answer.watermark[:16]}…"
        )
        return Scene(
            "5",
            "检察官",
            "a prosecutor asks about a sealed record, with case number and undertaking",
            "A judicial organ asks with its own client; every use is an event of its own (R42, R44).",
            said=[said],
        )

    def _no_seal_opened(self) -> Scene:
        return self._turned_away(
            "6",
            "有关单位",
            "the school says that its provision opens a seal",
            "police",
            forms.school_for_sealed(self._sealed),
            "No provision opens a seal unless two officers set it (R43): refused before anything is looked up.",
        )

    def _another_case(self) -> Scene:
        return self._turned_away(
            "7",
            "另案律师",
            "a lawyer engaged in another case",
            "justice",
            forms.lawyer(self._convict, engaged_in=forms.OTHER_CASE),
            "Not of this case: refused to accept, naming the rule and the remedy (R38, A26).",
        )

    def _objection(self) -> Scene:
        first = self._walked("police", forms.own(self._barred))
        with self._desk("police", WINDOW) as desk:
            objected = desk.object(first.application, "认为登记的不是本人")
        said = []
        with self._desk("police", HANDLER) as desk:
            said.append(
                _refused(lambda: desk.review(objected.application, pb.APPLICATION_STEP_UPHOLD, [_GROUND]))
            )
        with self._desk("police", REEXAMINER) as desk:
            longer = desk.review(
                objected.application, pb.APPLICATION_STEP_EXTEND, note="核对指纹", approved_by=HEAD
            )
            judged = desk.review(longer.application, pb.APPLICATION_STEP_UPHOLD, [_GROUND])
        with self._desk("police", WINDOW) as desk:
            closed = desk.answer(judged.application)
        return Scene(
            "8",
            "异议人",
            "a refused certificate, an objection, its re-examination",
            "Re-examined by somebody who decided nothing before, within 15 and at most 30 working days.",
            done=closed,
            documents=[*first.documents, *closed.documents],
            said=said,
        )

    def _alike(self) -> Scene:
        """The school again, about a person with a sealed record only and about a namesake with none."""
        namesake = replace(self._nobody, name=self._sealed.name)
        done = [self._walked("procuratorate", forms.school(p)) for p in (self._sealed, namesake)]
        letters = [each.documents[0] for each in done]
        signed = [len(each.envelopes[0].SerializeToString()) for each in done]
        texts = [text_of(letter) for letter in letters]
        alike = _without_ids(letters[0]) == _without_ids(letters[1])
        extra = {
            "identical": alike and len(set(signed)) == 1,
            "signed_bytes": signed,
            "text_bytes": [len(text.encode()) for text in texts],
        }
        return Scene(
            "9",
            "学校",
            "the same school about a person with a sealed record only, and about a namesake with none",
            "The two letters differ in numbers, times and hashes only, and are equally long (R41, A8).",
            done=done[0],
            documents=letters,
            said=[
                f"signed bytes {signed[0]} and {signed[1]}; alike: {'yes' if extra['identical'] else 'NO'}"
            ],
            extra=extra,
        )

    def _one_down(self) -> Scene:
        reviewed = self._reviewed("police", forms.own(self._nobody))
        local.down(self._home, (STOPPED,))
        try:
            with self._desk("police", HANDLER) as desk:
                said = _refused(lambda: desk.answer(reviewed.application))
        finally:
            local.up(self._home, (STOPPED,))
        with self._desk("police", HANDLER) as desk:
            done = desk.answer(reviewed.application)
        return Scene(
            "10",
            "本人",
            f"a certificate is due while {STOPPED} is stopped",
            "No clean document while a store that must answer has not (R7); afterwards it is issued.",
            done=done,
            documents=done.documents,
            said=[said],
            extra={"stopped": STOPPED},
        )

    def _answered(
        self, id: str, asker: str, title: str, agency: str, submission: pb.Submission, shows: str
    ) -> Scene:
        done = self._walked(agency, submission)
        return Scene(id, asker, title, shows, done=done, documents=done.documents)

    def _turned_away(
        self, id: str, asker: str, title: str, agency: str, submission: pb.Submission, shows: str
    ) -> Scene:
        with self._desk(agency, WINDOW) as desk:
            taken = desk.submit(submission).application
            said = _refused(lambda: desk.accept(taken, pb.APPLICATION_STEP_ACCEPT))
            done = desk.accept(taken, pb.APPLICATION_STEP_REFUSE)
        return Scene(id, asker, title, shows, done=done, documents=done.documents, said=[said])

    def _reviewed(self, agency: str, submission: pb.Submission) -> Done:
        with self._desk(agency, WINDOW) as desk:
            taken = desk.accept(desk.submit(submission).application, pb.APPLICATION_STEP_ACCEPT)
        with self._desk(agency, REVIEWER) as desk:
            return desk.review(taken.application, pb.APPLICATION_STEP_APPROVE)

    def _walked(self, agency: str, submission: pb.Submission) -> Done:
        reviewed = self._reviewed(agency, submission)
        with self._desk(agency, HANDLER) as desk:
            return desk.answer(reviewed.application)

    def _desk(self, agency: str, officer: str) -> _Desk:
        return _Desk(self._description, agency, officer)


class _Desk:
    """An officer's desk with a client of its own, as a context manager."""

    def __init__(self, description: Path, agency: str, officer: str) -> None:
        self._client = Client.open(description, agency, officer=officer)
        self._node = NODES[agency]

    def __enter__(self) -> ApplicationDesk:
        return ApplicationDesk(self._client.__enter__(), self._node)

    def __exit__(self, *_: object) -> None:
        self._client.__exit__(None, None, None)


_GROUND = document_pb2.Ground(
    rule="公安机关办理犯罪记录查询工作规定 第2条 [V]",
    says="生效判决所载身份与申请人一致",
    remedy="对判决不服的，向人民法院申诉",
)
_IDS = ("number", "application", "issued_at", "request_digest", "answer_digest", "code", "subject")


def _without_ids(document: document_pb2.Document) -> document_pb2.Document:
    bare = document_pb2.Document()
    bare.CopyFrom(document)
    for name in _IDS:
        bare.ClearField(name)  # type: ignore[arg-type]
    return bare


def _refused(step: Any) -> str:
    """Return what the node said when it refused `step`."""
    try:
        step()
    except NotPermitted as refused:
        return "; ".join(f"{p.says}（{p.clause}），{p.remedy}" for p in refused.policies)
    except HutongError as refused:
        return f"{refused.reason}: {refused.message}"
    return "NOT REFUSED"


def persons(cast: Cast) -> Sequence[Character]:
    """Return those whose records the walk needs."""
    return [person for person in (cast.conflict, cast.barred, cast.sealed) if person is not None]
