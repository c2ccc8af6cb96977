"""The protocol of seals that wait, small enough that every schedule can be tried.

X seals at time 0 and hands proposals to gateways; Y holds open copies; gateway 0 asks both one question that begins at
any later step. Every message can be under way, lost or answered too late, and every party can crash between two steps,
within a budget. `tests.models.searching` walks all schedules and returns the first that breaks a promise:
`P1` the answer tells a record that X had sealed before the question began; `P2` an answer is PARTIAL although nothing
failed; and nothing may get stuck. Each repair of the protocol is a switch, so that a test can take it away.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.models.failures import Step, failures
from tests.models.states import (
    ACKNOWLEDGED,
    HEARD,
    IDLE,
    LOST_CALLER,
    MARK_GONE,
    NOTHING,
    REMEMBERED,
    SENT,
    TAKEN,
    WAITS,
    A,
    B,
    N,
    Scenario,
    State,
    closed,
    put,
    put2,
)


class Model:
    """The steps that are possible in a state of a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.s = scenario
        self.proposals = range(len(scenario.seals))

    def initial(self) -> State:
        """Return time 0: what is sealed before the question is sealed."""
        s, m, g = self.s, len(self.s.seals), self.s.gateways
        none = ((0,) * g,) * m
        return State(
            x_up=True, y_up=True, up=(True,) * g, sealed=tuple(int(p not in s.during) for p in range(m)),
            x_knows_ack=(False,) * m, holds=(0,) * m, hand=none, row=none, delivery=none, merged=s.merged, x_page="",
            x_asked=0, x_brought=0, x_bit=False, y_page="", y_knew=0, y_told=0, y_digests=0, wanted=0, phase="before",
            round=0, x_sees=not s.activated, g_sees=(not s.activated,) * g, synced=(True,) * g, losses=s.losses,
            crashes=s.crashes, restores=s.restores,
        )  # fmt: skip

    def steps(self, t: State) -> Iterator[Step]:
        """Yield every step that may come next, by name."""
        if t.phase in ("complete", "partial"):
            return
        for p in self.proposals:
            if t.sealed[p]:
                for g in range(self.s.gateways):
                    yield from self._carry(t, p, g)
            elif t.phase == "asking" and t.x_up and (p == 0 or t.sealed[p - 1]):
                yield f"X seals {p} during the question", t._replace(sealed=put(t.sealed, p, 2))
        yield from self._surroundings(t)
        yield from failures(self.s, t)
        if t.phase == "before":
            if t.up[0]:
                yield "the question begins", self._begin(t)
        else:
            yield from self._ask_x(t)
            yield from self._ask_y(t)
            if t.x_page in ("done", "unreachable") and t.y_page in ("done", "unreachable"):
                yield self._check(t)

    def broken(self, t: State) -> str:
        """Return the promise that the end of a question breaks, if any."""
        if t.phase not in ("complete", "partial"):
            return ""
        disclosed = [p for i, (_, about) in enumerate(self.s.copies) if t.y_told >> i & 1 for p in about
                if t.sealed[p] == 1 and self._fits(p, i, t.merged, links=True)]  # fmt: skip
        excused = t.x_page == "unreachable" and all(t.row[p][0] == NOTHING for p in disclosed)
        if disclosed and not excused:
            return "P1"
        no_fault = not (self.s.losses or self.s.crashes or self.s.restores or self.s.activated)
        return "P2" if t.phase == "partial" and no_fault else ""

    def _carry(self, t: State, p: int, g: int) -> Iterator[Step]:
        """Hand-over to a gateway, delivery to Y, acknowledgement to X, and the end of a mark."""
        hand, row, delivery = t.hand[p][g], t.row[p][g], t.delivery[p][g]
        if hand == IDLE and t.x_up and self._spreading(t, p):
            yield f"X sends {p} to G{g}", t._replace(hand=put2(t.hand, p, g, SENT))
        if hand == SENT and t.up[g]:
            yield f"G{g} takes {p}", t._replace(hand=put2(t.hand, p, g, TAKEN), row=put2(t.row, p, g, WAITS))
        if hand == TAKEN and t.x_up:
            yield f"X hears that G{g} has {p}", t._replace(hand=put2(t.hand, p, g, HEARD))
        if hand in (SENT, TAKEN) and t.losses:
            yield (
                f"hand-over of {p} to G{g} is lost",
                t._replace(hand=put2(t.hand, p, g, IDLE), losses=t.losses - 1),
            )
        if row == WAITS and delivery == IDLE and t.up[g] and t.g_sees[g]:
            yield f"G{g} sends {p} to Y", t._replace(delivery=put2(t.delivery, p, g, SENT))
        if delivery in (SENT, LOST_CALLER) and t.y_up:
            held = put(t.holds, p, t.holds[p] | REMEMBERED | self._fitting(p, t.merged))
            reply = TAKEN if delivery == SENT else IDLE
            yield f"Y takes {p} from G{g}", t._replace(delivery=put2(t.delivery, p, g, reply), holds=held)
        if delivery == TAKEN and t.up[g]:
            kept = ACKNOWLEDGED if row else NOTHING
            yield (
                f"G{g} hears that Y has {p}",
                t._replace(delivery=put2(t.delivery, p, g, IDLE), row=put2(t.row, p, g, kept)),
            )
        if delivery in (SENT, TAKEN) and t.losses:
            lost = put2(t.delivery, p, g, IDLE)
            yield f"delivery of {p} by G{g} is lost", t._replace(delivery=lost, losses=t.losses - 1)
        if row in (ACKNOWLEDGED, MARK_GONE) and not t.x_knows_ack[p] and t.up[g] and t.x_up:
            yield f"X hears that Y has {p}", t._replace(x_knows_ack=put(t.x_knows_ack, p, True))
        if row == ACKNOWLEDGED and t.up[g] and not (g == 0 and self._needs_mark(t, p)):
            yield f"G{g} drops the mark of {p}", t._replace(row=put2(t.row, p, g, MARK_GONE))

    def _needs_mark(self, t: State, p: int) -> bool:
        if t.phase != "asking":
            return False
        about = sum(1 << i for i, (_, proposals) in enumerate(self.s.copies) if p in proposals)
        if t.y_page == "reply" and t.y_told & about:
            return True  # even the first design kept it while the page was on its way
        return self.s.mark_outlives_question and t.y_page in ("reply", "done") and not t.y_knew >> p & 1

    def _surroundings(self, t: State) -> Iterator[Step]:
        """A gateway's start, the charter, and a merge at Y."""
        for g in range(self.s.gateways):
            if t.up[g] and t.x_up and not t.synced[g]:
                row, hand = t.row, t.hand
                for p in self.proposals:
                    if t.sealed[p] and not (t.x_knows_ack[p] and not self._spreading(t, p)):
                        row, hand = put2(row, p, g, max(WAITS, row[p][g])), put2(hand, p, g, HEARD)
                yield (
                    f"G{g} takes what spreads at X",
                    t._replace(synced=put(t.synced, g, True), row=row, hand=hand),
                )
            if not t.g_sees[g]:
                yield f"G{g} sees Y active", t._replace(g_sees=put(t.g_sees, g, True))
        if not t.x_sees:
            yield "X sees Y active", t._replace(x_sees=True)
        if self.s.merges and not t.merged and t.phase == "before":
            holds = t.holds
            if self.s.hold_at_merge:
                holds = tuple(
                    h | self._fitting(p, True) if h & REMEMBERED else h for p, h in enumerate(holds)
                )
            yield "Y merges A and B", t._replace(merged=True, holds=holds)

    def _begin(self, t: State) -> State:
        waits = sum(1 << p for p in self.proposals if t.row[p][0] == WAITS and self.s.seals[p] & self.s.asked)
        t = t._replace(
            phase="asking", x_asked=self.s.asked, x_page="request" if t.synced[0] else "unreachable"
        )
        if not t.g_sees[0]:
            return t._replace(y_page="unreachable")
        return t._replace(y_page="waits", wanted=waits) if waits else self._request_y(t)

    def _request_y(self, t: State) -> State:
        return t._replace(y_page="request", y_knew=self._acknowledged(t), wanted=0)

    def _ask_x(self, t: State) -> Iterator[Step]:
        gone = t._replace(x_page="unreachable", x_brought=0, x_bit=False)
        if t.x_page == "request" and not t.x_up:
            yield "X cannot be reached", gone
        if t.x_page == "request" and t.x_up:
            spreads = [p for p in self.proposals if self._spreading(t, p)]
            brought = sum(1 << p for p in spreads if self.s.seals[p] & t.x_asked)
            bit = bool(spreads)
            if self.s.refuses:
                brought, bit = 0, False
            yield f"X looks up, adds {brought}", t._replace(x_page="reply", x_brought=brought, x_bit=bit)
            if self.s.others_spread and not bit:
                yield "X looks up, others spread", t._replace(x_page="reply", x_brought=brought, x_bit=True)
        if t.x_page == "reply":
            row = t.row
            for p in self.proposals:
                if t.x_brought >> p & 1 and row[p][0] == NOTHING:
                    row = put2(row, p, 0, WAITS)
            marks = sum(1 << p for p in self.proposals if row[p][0] in (WAITS, ACKNOWLEDGED))
            yield "X's page arrives", t._replace(x_page="done", row=row, x_brought=marks)
        if t.x_page in ("request", "reply") and t.losses:
            yield "X's page is lost", gone._replace(losses=t.losses - 1)

    def _ask_y(self, t: State) -> Iterator[Step]:
        gone = t._replace(y_page="unreachable", y_told=0, y_digests=0, wanted=0)
        if t.y_page == "waits":
            if all(t.row[p][0] != WAITS for p in self.proposals if t.wanted >> p & 1):
                yield "Y is asked after the delivery", self._request_y(t)
            if not t.y_up or t.losses:
                fewer = 1 if t.y_up else 0
                if self.s.discard_on_failure or not t.y_digests:
                    yield "the delivery fails", gone._replace(losses=t.losses - fewer)
                else:
                    kept = t._replace(
                        y_page="done", wanted=0, round=self.s.rounds + 9, losses=t.losses - fewer
                    )
                    yield "the delivery fails, the first page is kept", kept
        if t.y_page == "request" and not t.y_up:
            yield "Y cannot be reached", gone
        if t.y_page == "request" and t.y_up:
            disclosed, digests = self._look_up(t)
            yield (
                f"Y looks up, tells {disclosed}",
                t._replace(y_page="reply", y_told=disclosed, y_digests=digests),
            )
        if t.y_page == "reply":
            yield "Y's page arrives", t._replace(y_page="done")
        if t.y_page in ("request", "reply") and t.losses:
            yield "Y's page is lost", gone._replace(losses=t.losses - 1)

    def _look_up(self, t: State) -> tuple[int, int]:
        """Return which copies Y tells of, and the digests of the persons behind its answer."""
        strong = closed(self.s.asked & (A | B), t.merged)
        disclosed = digests = 0
        free = [(i, ids) for i, (ids, _) in enumerate(self.s.copies) if not any(h >> i & 1 for h in t.holds)]
        firm = [each for each in free if each[1] & strong]
        loose = [each for each in free if each not in firm and self.s.asked & N and each[1] & N]
        for i, ids in (*firm, *loose):
            disclosed |= 1 << i
            if (i, ids) in firm or not firm or self.s.all_candidates:
                digests |= closed(ids, t.merged) if self.s.page_by_links else ids
        return disclosed, digests

    def _check(self, t: State) -> Step:
        """Before anything leaves: deliver and ask again, ask about further persons, or answer."""
        s, fewer = self.s, t.y_digests & ~t.x_asked
        if t.round > s.rounds:
            return self._leave(t)
        concerned = 0
        for p in self.proposals if t.y_page == "done" and t.y_digests else ():
            persons = t.y_digests | (s.asked if s.subject_counts else 0)
            known = s.fresh_after_ack and t.y_knew >> p & 1
            if t.row[p][0] in (WAITS, ACKNOWLEDGED) and s.seals[p] & persons and not known:
                concerned |= 1 << p
        ask_x = t.x_page == "done" and t.x_bit and fewer
        if s.cut_later_seals and t.x_page == "done" and not ask_x:
            concerned &= t.x_brought
        if (concerned or ask_x) and t.round >= s.rounds:
            if concerned:
                return "Y counts as late", t._replace(y_page="unreachable", y_told=0, y_digests=0)
            return "X counts as late", t._replace(x_page="unreachable", x_brought=0, x_bit=False)
        again = t._replace(round=t.round + 1)
        if ask_x and (not concerned or s.one_round_for_both):
            again = again._replace(x_page="request", x_asked=t.x_asked | fewer, x_brought=0, x_bit=False)
        if concerned:
            again = again._replace(y_page="waits", wanted=concerned)
        return ("another round", again) if concerned or ask_x else self._leave(t)

    def _leave(self, t: State) -> Step:
        whole = t.x_page == "done" and t.y_page == "done"
        return f"the answer leaves, telling {t.y_told}", t._replace(phase="complete" if whole else "partial")

    def _spreading(self, t: State, p: int) -> bool:
        if not t.sealed[p]:
            return False
        if (t.x_sees or self.s.count_suspended) and not t.x_knows_ack[p]:
            return True
        return self.s.until_every_gateway and any(hand != HEARD for hand in t.hand[p])

    def _acknowledged(self, t: State) -> int:
        return sum(1 << p for p in self.proposals if t.row[p][0] in (ACKNOWLEDGED, MARK_GONE))

    def _fits(self, p: int, copy: int, merged: bool, *, links: bool) -> bool:
        ids, about = self.s.copies[copy]
        return p in about and bool(self.s.seals[p] & (closed(ids, merged) if links else ids))

    def _fitting(self, p: int, merged: bool) -> int:
        copies = range(len(self.s.copies))
        return sum(1 << i for i in copies if self._fits(p, i, merged, links=self.s.hold_by_links))
