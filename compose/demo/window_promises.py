"""The promise of each scene of the window walk, as a check of the scene; numbers name the scenes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from compose.demo.patience import insist
from compose.demo.window_scene import NOT_REFUSED, STOPPED, Scene
from federation.documents.document import TITLES
from federation.v1 import document_pb2 as pb

_NONE, _FOUND = pb.DOCUMENT_RESULT_NONE, pb.DOCUMENT_RESULT_FOUND


def check(scene: Scene) -> None:
    """Raise `Unkept` when the scene does not show what it promises."""
    PROMISES[scene.id](scene)


def _document(
    kind: pb.DocumentKind.ValueType, *results: pb.DocumentResult.ValueType
) -> Callable[[Scene], None]:
    """Return the promise that a scene ends in a document of this kind, with one of these results."""

    def kept(scene: Scene) -> None:
        insist(
            scene.documents and scene.documents[-1].kind == kind,
            f"it ended in {scene.outcome or 'no document'}, not in {TITLES[kind]}",
        )
        insist(
            not results or scene.documents[-1].result in results,
            f"the result of {TITLES[kind]} is {pb.DocumentResult.Name(scene.documents[-1].result)}",
        )

    return kept


def _three_people(scene: Scene) -> None:
    """Insist on a certificate from steps of three officers, each signed with a key of their own."""
    events = scene.done.application.events if scene.done else []
    insist(len({event.officer for event in events}) == 3, "the steps are not those of three officers")
    insist(all(event.own_key for event in events), "a step is not signed with the officer's own key")
    _document(pb.DOCUMENT_KIND_NO_RECORD_CERTIFICATE, _NONE)(scene)


def _turned_away(scene: Scene) -> None:
    insist(NOT_REFUSED not in scene.sentences, "the application was accepted")
    _document(pb.DOCUMENT_KIND_REFUSAL)(scene)


def _sealed_record_shown(scene: Scene) -> None:
    insist(scene.outcome.startswith("RECORD, COMPLETE"), f"the answer is {scene.outcome}")
    insist(scene.extra["watermark"], "the answer has no watermark")


def _reexamined(scene: Scene) -> None:
    insist(NOT_REFUSED not in scene.sentences, "who decided before was let decide on the objection")
    _kinds(scene, [pb.DOCUMENT_KIND_CERTIFICATE_REFUSED, pb.DOCUMENT_KIND_REEXAMINATION_OPINION])


def _alike(scene: Scene) -> None:
    first, second = scene.extra["signed_bytes"]
    insist(scene.extra["identical"], f"the two letters differ, with {first} and {second} signed bytes")
    _document(pb.DOCUMENT_KIND_RESULT_LETTER, _NONE)(scene)


def _only_when_complete(scene: Scene) -> None:
    insist(
        any("ANSWER_NOT_COMPLETE" in sentence for sentence in scene.sentences),
        f"while {STOPPED} was stopped the windows were refused with other sentences: {'; '.join(scene.sentences)}",
    )
    _document(pb.DOCUMENT_KIND_NO_RECORD_CERTIFICATE, _NONE)(scene)


def _sealed_everywhere(scene: Scene) -> None:
    awaited = scene.extra["awaited_while_down"]
    insist(awaited == [scene.extra["stopped"]], f"awaited was {', '.join(awaited) or 'nobody'}")
    insist(scene.extra["certificate"]["complete"], "not every node holds to the seal")
    insist(scene.outcome == "after: NO_RECORD, COMPLETE", f"the last answer is “{scene.outcome}”")


def _roster(scene: Scene) -> None:
    _document(pb.DOCUMENT_KIND_RESULT_LETTER)(scene)
    results = scene.extra["results"]
    insist(
        results == [_NONE, _FOUND, _NONE],
        f"the results are {', '.join(map(pb.DocumentResult.Name, results))}",
    )


def _split(scene: Scene) -> None:
    insist(scene.extra["splits"], "no holder split a record")
    _kinds(scene, [pb.DOCUMENT_KIND_NO_RECORD_CERTIFICATE, pb.DOCUMENT_KIND_REEXAMINATION_OPINION])
    insist(
        scene.documents[0].number == scene.extra["superseded_by"],
        "the refused certificate is not superseded by the new one",
    )


def _bars(scene: Scene) -> None:
    insist(scene.extra["bars"], "no provision is shown")
    _document(pb.DOCUMENT_KIND_CERTIFICATE_REFUSED, _FOUND)(scene)


def _kinds(scene: Scene, wanted: Sequence[pb.DocumentKind.ValueType]) -> None:
    """Insist that a document of each of these kinds is among the scene's."""
    found = {document.kind for document in scene.documents}
    lacking = [TITLES[kind] for kind in wanted if kind not in found]
    insist(not lacking, f"no {' and no '.join(lacking)} was issued")


#: Scene -> its promise.
PROMISES: Final[Mapping[str, Callable[[Scene], None]]] = {
    "1": _three_people,
    "2": _document(pb.DOCUMENT_KIND_RESULT_LETTER, _FOUND),
    "3": _document(pb.DOCUMENT_KIND_RESULT_LETTER, _FOUND),
    "4": _document(pb.DOCUMENT_KIND_RESULT_LETTER, _FOUND),
    "5": _sealed_record_shown,
    "6": _turned_away,
    "7": _turned_away,
    "8": _reexamined,
    "9": _alike,
    "10": _only_when_complete,
    "11": _sealed_everywhere,
    "12": _roster,
    "13": _split,
    "14": _bars,
}
