"""`hutong demo --walk window`: six kinds of askers at four agencies' windows, from application to document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from compose.demo import window_cases as many
from compose.demo import window_forms as forms
from compose.demo import window_promises
from compose.demo.casting import Cast, Character
from compose.demo.patience import Patience, promised
from compose.demo.promises import incomplete
from compose.demo.scenarios import UNDERTAKING
from compose.demo.window_scene import (
    GROUND,
    HANDLER,
    HEAD,
    NOT_COMPLETE,
    NOT_REFUSED,
    PROSECUTOR,
    REEXAMINER,
    REVIEWER,
    STOPPED,
    WINDOW,
    Scene,
    Walk,
    refused,
    without_ids,
)
from compose.demo.window_sealing import spreading
from compose.local import local
from compose.local.enrolling import enrol
from compose.local.layout import NODES, Layout
from federation.client import Client
from federation.documents.rendering import text_of
from federation.errors import InvalidRequest
from federation.v1 import application_pb2 as pb
from federation.values.enum_names import completeness_name, finding_name


class Windows(Walk):
    """Plays the walk on one federation."""

    def __init__(self, home: Path, cast: Cast, patience: Patience | None = None) -> None:
        if cast.conflict is None or cast.barred is None or cast.sealed is None:
            raise InvalidRequest.of(
                "outcomes", "DEMO", "nobody in them, and no stand-in, can play a role of the walk"
            )
        super().__init__(home, patience)
        self._convict, self._barred, self._sealed = cast.conflict, cast.barred, cast.sealed
        self._nobody, self._twice = cast.nobody, cast.twice or cast.conflict

    def play(self) -> Iterator[Scene]:
        """Yield each scene as it is played; raises `NotShown` for one that does not keep its promise."""
        for agency in NODES:
            its_own = [PROSECUTOR] if agency == "procuratorate" else []
            officers = [WINDOW, REVIEWER, HANDLER, REEXAMINER, HEAD, *its_own]
            enrol(Layout(self.home.resolve()), agency, officers)
        scenes: Mapping[str, Callable[[], Scene]] = {
            "1": self._own,
            "2": self._school,
            "3": self._lawyer,
            "4": self._organ,
            "5": self._prosecutor,
            "6": self._no_seal_opened,
            "7": self._another_case,
            "8": self._objection,
            "9": self._alike,
            "10": self._one_down,
            "11": lambda: spreading(self, self._convict),
            "12": lambda: many.roster(self, [self._nobody, self._barred, self._sealed]),
            "13": lambda: many.stolen(self, self._barred),
            "14": lambda: many.bars(self, self._twice),
        }
        for id, play in scenes.items():
            with promised(id):
                scene = play()
                window_promises.check(scene)
            yield scene

    def _own(self) -> Scene:
        return self.answered(
            "1",
            "本人",
            "a person asks for a certificate at the police window",
            "police",
            forms.own(self._nobody),
            "Accepted, reviewed and handled by three registered officers, each signing with a key of their own; the "
            "certificate is signed by the node (R34).",
        )

    def _school(self) -> Scene:
        return self.answered(
            "2",
            "学校",
            "a school asks under COMP-24 at the procuratorate's window",
            "procuratorate",
            forms.school(self._barred),
            "The letter names the provision and says yes or no, nothing else (R36, R37).",
        )

    def _lawyer(self) -> Scene:
        return self.answered(
            "3",
            "辩护律师",
            "the defence lawyer of this case, at the justice window",
            "justice",
            forms.lawyer(self._convict),
            "Engaged in this case, for its defendant: must be allowed (R38).",
        )

    def _organ(self) -> Scene:
        return self.answered(
            "4",
            "国家机关",
            "a customs bureau without a client of its own, at the state-security window",
            "state_security",
            forms.customs(self._convict),
            "Any state organ may ask for its case (R32); the window asks on its behalf.",
        )

    def _prosecutor(self) -> Scene:
        with Client.open(self.description, "procuratorate", officer=PROSECUTOR) as client:
            query = forms.prosecutor(self._sealed, PROSECUTOR, UNDERTAKING)
            answer = self.patience.until(lambda: client.ask(query).answer, incomplete, "asking again")
        sentence = (
            f"{finding_name(answer.finding)}, {completeness_name(answer.completeness)}, "
            f"watermark {answer.watermark[:16]}…"
        )
        return Scene(
            "5",
            "检察官",
            "a prosecutor asks about a sealed record, with case number and undertaking",
            "A judicial organ asks with its own client; every use is an event of its own (R42, R44).",
            sentences=[sentence],
            extra={"watermark": answer.watermark},
        )

    def _no_seal_opened(self) -> Scene:
        return self.turned_away(
            "6",
            "有关单位",
            "the school says that its provision opens a seal",
            "police",
            forms.school_for_sealed(self._sealed),
            "No provision opens a seal unless two officers set it (R43): refused before anything is looked up.",
        )

    def _another_case(self) -> Scene:
        return self.turned_away(
            "7",
            "另案律师",
            "a lawyer engaged in another case",
            "justice",
            forms.lawyer(self._convict, engaged_in=forms.OTHER_CASE),
            "Not of this case: refused to accept, naming the rule and the remedy (R38, A26).",
        )

    def _objection(self) -> Scene:
        first = self.walked("police", forms.own(self._barred))
        with self.applications("police", WINDOW) as applications:
            objected = applications.object(first.application, "认为登记的不是本人")
        sentences = []
        with self.applications("police", HANDLER) as applications:
            sentences.append(
                refused(
                    lambda: applications.review(objected.application, pb.APPLICATION_STEP_UPHOLD, [GROUND])
                )
            )
        with self.applications("police", REEXAMINER) as applications:
            longer = applications.review(
                objected.application, pb.APPLICATION_STEP_EXTEND, note="核对指纹", approved_by=HEAD
            )
            judged = applications.review(longer.application, pb.APPLICATION_STEP_UPHOLD, [GROUND])
        with self.applications("police", WINDOW) as applications:
            closed = self.handled(applications, judged.application)
        return Scene(
            "8",
            "异议人",
            "a refused certificate, an objection, its re-examination",
            "Re-examined by somebody who decided nothing before, within 15 and at most 30 working days.",
            done=closed,
            documents=[*first.documents, *closed.documents],
            sentences=sentences,
        )

    def _alike(self) -> Scene:
        """Play the school again, about a person whose only record is sealed and about a namesake with none."""
        namesake = replace(self._nobody, name=self._sealed.name)
        done = [self.walked("procuratorate", forms.school(p)) for p in (self._sealed, namesake)]
        letters = [each.documents[0] for each in done]
        signed = [len(each.envelopes[0].SerializeToString()) for each in done]
        texts = [text_of(letter) for letter in letters]
        alike = without_ids(letters[0]) == without_ids(letters[1])
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
            sentences=[
                f"signed bytes {signed[0]} and {signed[1]}; alike: {'yes' if extra['identical'] else 'NO'}"
            ],
            extra=extra,
        )

    def _one_down(self) -> Scene:
        reviewed = self.reviewed("police", forms.own(self._nobody))
        local.down(self.home, (STOPPED,))
        try:
            with self.applications("police", HANDLER) as applications:
                sentence = self.patience.until(
                    lambda: refused(lambda: applications.answer(reviewed.application)),
                    lambda sentence: "" if NOT_COMPLETE in sentence or sentence == NOT_REFUSED else sentence,
                    f"asking while {STOPPED} is stopped",
                )
        finally:
            local.up(self.home, (STOPPED,))
        with self.applications("police", HANDLER) as applications:
            done = self.handled(applications, reviewed.application)
        return Scene(
            "10",
            "本人",
            f"a certificate is due while {STOPPED} is stopped",
            "No clean document while a store that must answer has not (R7); afterwards it is issued.",
            done=done,
            documents=done.documents,
            sentences=[sentence],
            extra={"stopped": STOPPED},
        )


def persons(cast: Cast) -> Sequence[Character]:
    """Return those whose records the walk needs."""
    return [p for p in (cast.conflict, cast.barred, cast.sealed, cast.twice) if p is not None]
