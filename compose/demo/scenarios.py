"""The demo's seven questions, asked of the running federation through the ordinary client."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compose.demo import promises
from compose.demo.casting import Cast, Character
from compose.demo.likeness import differing, masked
from compose.demo.patience import Patience, Unkept, promised
from compose.local import local
from compose.local.layout import Layout
from compose.trust.pins import CharterAtTime, trust
from federation.client import CheckedAnswer, Client
from federation.evidence.answer_file import document_text, render, verify
from federation.evidence.report import VerifiedAnswer
from federation.v1 import query_pb2, record_pb2
from federation.values.enum_names import completeness_name, finding_name

CASE = "（2026）京0105刑初88号"
SCHOOL = "晨光小学"
LAWYER = "王律师"
STOPPED = "justice-1"
UNDERTAKING = "本人承诺对被封存的犯罪记录的情况予以保密，并仅按所述目的使用。"
REASON, SCOPE = "审查起诉需要", "仅用于本案"


@dataclass
class Scenario:
    """One scene: its question, its answer, and what it shows."""

    id: str
    title: str
    purpose: str
    answered: CheckedAnswer
    shows: str
    extra: dict[str, Any] = field(default_factory=dict)
    checks: list[tuple[str, VerifiedAnswer]] = field(default_factory=list)
    #: Milliseconds from question to verified answer.
    took_ms: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the scene for programs; `answer` is the whole signed answer."""
        answer = self.answered.answer
        return {
            "id": self.id,
            "title": self.title,
            "purpose": self.purpose,
            "completeness": completeness_name(answer.completeness),
            "finding": finding_name(answer.finding),
            "answer": render(self.answered.envelope),
            "shows": self.shows,
            "took_ms": round(self.took_ms, 1),
            **self.extra,
        }


class Stage:
    """Plays the scenarios on one federation."""

    def __init__(self, home: Path, cast: Cast, patience: Patience | None = None) -> None:
        self._home = home
        self._layout = Layout(home.resolve())
        self._cast = cast
        self._patience = patience or Patience()

    def play(self) -> Iterator[Scenario]:
        """Yield each scene as it is played, a to g; raises `NotShown` for one that does not keep its promise."""
        first: list[Scenario] = []
        scenes: dict[str, Callable[[], Scenario]] = {
            "a": self._case,
            "b": self._defence,
            "c": self._school,
            "d": self._alike,
            "e": self._sealed,
            "f": self._one_stopped,
            "g": lambda: self._verified(first[0]),
        }
        for id, play in scenes.items():
            with promised(id):
                scene = play()
            first.append(scene)
            yield scene

    def _ask(
        self,
        member: str,
        officer: str,
        query: query_pb2.Query,
        lacks: Callable[[query_pb2.Answer], str] = promises.incomplete,
    ) -> tuple[CheckedAnswer, float]:
        """Ask until `lacks` finds nothing missing; return the answer, with the milliseconds the last question took."""

        def probe() -> tuple[CheckedAnswer, float]:
            started = time.perf_counter()
            answered = client.ask(query)
            return answered, (time.perf_counter() - started) * 1000

        with Client.open(self._layout.description, member, officer=officer) as client:
            return self._patience.until(probe, lambda found: lacks(found[0].answer), "asking again")

    def _scene(
        self,
        id: str,
        title: str,
        member: str,
        officer: str,
        query: query_pb2.Query,
        shows: str,
        *,
        promise: promises.Promise,
        lacks: Callable[[query_pb2.Answer], str] = promises.incomplete,
    ) -> Scenario:
        answered, took = self._ask(member, officer, query, lacks)
        promise(answered.answer)
        purpose = query_pb2.Purpose.Name(query.purpose).removeprefix("PURPOSE_").lower()
        return Scenario(id, title, purpose, answered, shows, took_ms=took)

    def _case(self) -> Scenario:
        query = _query(query_pb2.PURPOSE_CASE, _played(self._cast.conflict), case_number=CASE)
        return self._scene(
            "a",
            "police with a case number",
            "police",
            "李警官",
            query,
            "One conviction merged from several agencies, each field with its sources; where they disagree, "
            "all are shown.",
            promise=promises.merged_with_conflict,
        )

    def _defence(self) -> Scenario:
        query = _query(query_pb2.PURPOSE_DEFENCE, _played(self._cast.conflict), case_number=CASE)
        query.subject_of_case = True
        _for(query, "lawyer", LAWYER)
        return self._scene(
            "b",
            "the defence lawyer in the same case, through the justice window",
            "justice",
            "赵窗口员",
            query,
            "The lawyer of this case must be allowed (R38).",
            promise=promises.disclosed_to_defence,
        )

    def _school(self) -> Scenario:
        query = _query(query_pb2.PURPOSE_PUBLIC, _played(self._cast.barred), basis="COMP-24")
        _for(query, "unit", SCHOOL)
        return self._scene(
            "c",
            "a school under COMP-24, through the police window",
            "police",
            "陈窗口员",
            query,
            "Yes or no and nothing else: no record, no node's answer (R37).",
            promise=promises.yes_and_nothing_else,
        )

    def _alike(self) -> Scenario:
        """Play (d): the same school asks about a person with a sealed record and a person without a record."""
        texts, answers = [], []
        for person in (_played(self._cast.sealed), self._cast.nobody):
            query = _query(query_pb2.PURPOSE_PUBLIC, person, basis="COMP-24")
            _for(query, "unit", SCHOOL)
            answered, took = self._ask("police", "陈窗口员", query)
            promises.finds(query_pb2.FINDING_NO)(answered.answer)
            answers.append((answered, took))
            texts.append(document_text(render(answered.envelope)))
        documents = [render(answered.envelope) for answered, _ in answers]
        identical = masked(documents[0]) == masked(documents[1]) and len(texts[0]) == len(texts[1])
        extra = {
            "identical": identical,
            "other_answer": documents[1],
            "lengths": [len(text.encode()) for text in texts],
            "differing_fields": differing(documents[0], documents[1]),
        }
        promises.alike(extra)
        return Scenario(
            "d",
            "the same school about a person whose only record is sealed, and about one with none",
            "public",
            answers[0][0],
            "Both answers have the same length and differ in ids, times, hashes and signatures only (R41).",
            extra=extra,
            took_ms=answers[0][1],
        )

    def _sealed(self) -> Scenario:
        query = _query(query_pb2.PURPOSE_SEALED_CASE, _played(self._cast.sealed), case_number=CASE)
        query.undertaking.signed_by = "孙检察官"
        query.undertaking.text = UNDERTAKING
        query.undertaking.reason, query.undertaking.scope = REASON, SCOPE
        return self._scene(
            "e",
            "a prosecutor with case number and undertaking",
            "procuratorate",
            "孙检察官",
            query,
            "A judicial organ with a case sees the sealed record: watermarked, logged apart (R42, R44).",
            promise=promises.sealed_is_shown,
        )

    def _one_stopped(self) -> Scenario:
        local.down(self._home, (STOPPED,))
        query = _query(query_pb2.PURPOSE_CASE, self._cast.nobody, case_number=CASE)
        try:
            scene = self._scene(
                "f",
                f"police again, with {STOPPED} stopped",
                "police",
                "李警官",
                query,
                "A clean answer is impossible while a node that must answer has not (R7).",
                promise=promises.finds(query_pb2.FINDING_UNDECIDED),
                lacks=lambda answer: promises.missing_only(answer, STOPPED),
            )
        finally:
            local.up(self._home, (STOPPED,))
        again, _ = self._ask("police", "李警官", query)
        promises.finds(query_pb2.FINDING_NO_RECORD)(again.answer)
        scene.extra = {
            "stopped": STOPPED,
            "after_restart": {
                "completeness": completeness_name(again.answer.completeness),
                "finding": finding_name(again.answer.finding),
            },
        }
        return scene

    def _verified(self, first: Scenario) -> Scenario:
        """Play (g): a saved answer is valid; the same answer with one byte changed is not."""
        text = document_text(render(first.answered.envelope, first.answered.question)).encode()
        charter_at = CharterAtTime(trust(first.answered.answer.federation, home=self._home, charter=None))
        good = verify(text, charter_at)
        changed = _one_byte_changed(text)
        bad = verify(changed, charter_at)
        promises.change_is_seen(good, bad)
        scene = Scenario(
            "g",
            "the first answer, saved and verified offline; then with one byte changed",
            first.purpose,
            first.answered,
            "Nobody can change an answer unseen, the gateway included.",
            checks=[("as saved", good), ("one byte changed", bad)],
        )
        scene.extra = {
            "verified": good.holds,
            "verdict": good.verdict.value,
            "verified_after_change": bad.holds,
            "failed_checks": [f"{check.name}: {check.says}" for check in bad.failures],
        }
        return scene


def _played(person: Character | None) -> Character:
    if person is None:
        raise Unkept("the outcomes have nobody to play this role")
    return person


def _query(
    purpose: query_pb2.Purpose.ValueType, person: Character, *, case_number: str = "", basis: str = ""
) -> query_pb2.Query:
    subject = query_pb2.Subject(name=person.name, birth_date=person.birth_date)
    subject.identifiers.add(type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=person.id_number)
    return query_pb2.Query(purpose=purpose, subject=subject, case_number=case_number, basis=basis)


def _for(query: query_pb2.Query, organ_class: str, name: str) -> None:
    query.on_behalf_of.organ_class = organ_class
    query.on_behalf_of.name = name


def _one_byte_changed(text: bytes) -> bytes:
    """Change the last digit of the first date in the judgment, as a forger would; raises `Unkept` without one."""
    found = re.compile(rb"\d{4}-\d\d-\d(\d)").search(text, max(text.find(b'"final_on"'), 0))
    if found is None:
        raise Unkept("the first answer shows no date that could be changed")
    at = found.start(1)
    other = b"1" if text[at : at + 1] != b"1" else b"2"
    return text[:at] + other + text[at + 1 :]
