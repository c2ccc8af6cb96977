"""Whether all records have been judged by the rules of today, so that it is known whom these close (A14)."""

from __future__ import annotations

from federation.v1 import sealing_pb2 as pb
from node.register.co_offenders import RulesOfToday, Untried
from node.sealing.judging import SealingRules
from node.sealing.run_store import Place, RunStore
from server.journal.work import View

_NOT_ENDED = (pb.RESEAL_STATE_DRY_RUN, pb.RESEAL_STATE_MOVES)


def untried(runs: RunStore) -> Untried:
    """Return what says that the dry run under the rules of today has not ended.

    A run that moves counts too: it may have been tried before its day, and records have come since.
    """

    def says(view: View, rules: RulesOfToday) -> bool:
        run = runs.at(view, Place.TODAY)
        today = SealingRules.on(rules.day, rules.profile_on)
        return run is None or run.rules != today.text or run.state in _NOT_ENDED

    return says
