"""Orders (禁止令) that an officer was shown without the persons they name: which of them an amendment sent back.

Each gets its own text back, and only where no other reading is possible. An order about the wrong person would be a
false record of two people, so whatever is undetermined is refused: the officer writes the text that the judgment has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from federation.errors import InvalidRequest
from federation.v1 import record_pb2 as pb

#: Shown in the place of what an order forbids (禁止令), which may name persons: that the judgment says it.
AS_JUDGED: Final = "见判决"


def hidden(prohibition: pb.Prohibition) -> bool:
    """Return whether an order may name a person whom the offender must not meet."""
    return prohibition.kind == pb.PROHIBITION_KIND_ORDER and prohibition.scope != AS_JUDGED


def orders_as_sent(
    before: Sequence[pb.Prohibition], after: Sequence[pb.Prohibition]
) -> Iterator[tuple[pb.Prohibition, pb.Prohibition]]:
    """Yield each order of a record with the one of its amendment that was shown in its place.

    Orders that came back as they were shown are the same ones. The others were amended, and are known by their order
    where none was taken out or put in. Raises `InvalidRequest` where an order that came back may be one of several.
    """
    known = [each for each in before if each.kind == pb.PROHIBITION_KIND_ORDER]
    kept = [each for each in after if each.kind == pb.PROHIBITION_KIND_ORDER and not hidden(each)]
    if not any(map(hidden, known)):
        return
    amended_known, amended_kept = list[pb.Prohibition](), list[pb.Prohibition]()
    were, are = _by_form(known), _by_form(kept)
    for form in {**were, **are}:
        was, now = were[form], are[form]
        if now and len(was) > 1 and len(was) != len(now):
            _insist_alike(was, after, now[0])
        yield from zip(was, now, strict=False)
        amended_known += was[len(now) :]
        amended_kept += now[len(was) :]
    if amended_known and len(amended_known) != len(amended_kept):
        new = [pb.Prohibition(scope=AS_JUDGED)] if len(amended_kept) > len(amended_known) else []
        for each in amended_kept:
            _insist_alike([*amended_known, *new], after, each)
            yield amended_known[0], each
    else:
        yield from zip(amended_known, amended_kept, strict=False)


def _by_form(orders: Sequence[pb.Prohibition]) -> defaultdict[bytes, list[pb.Prohibition]]:
    """Return orders by what is shown of them."""
    found: defaultdict[bytes, list[pb.Prohibition]] = defaultdict(list)
    for each in orders:
        shown = pb.Prohibition()
        shown.CopyFrom(each)
        shown.scope = AS_JUDGED
        found[shown.SerializeToString(deterministic=True)].append(each)
    return found


def _insist_alike(
    may_be: Sequence[pb.Prohibition], after: Sequence[pb.Prohibition], order: pb.Prohibition
) -> None:
    """Raise `InvalidRequest` unless all that an order may be have one text."""
    if len({each.scope for each in may_be}) > 1:
        place = next(n for n, each in enumerate(after) if each is order)
        raise InvalidRequest.of(
            f"prohibitions[{place}].scope",
            "R20",
            "may be one of several orders: write what it forbids, as the judgment says it, "
            "and likewise for the others that stay",
        )
