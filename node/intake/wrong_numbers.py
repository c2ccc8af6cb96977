"""Judgment numbers that do not fit the person: counted for each sender, with an alarm when there are many.

A notice is `registered` only where number and person both fit (R31). Who tries numbers until one fits learns that the
person has a record, so that many wrong ones are for a person to look at.
"""

from __future__ import annotations

import logging
from datetime import datetime

from federation.evidence.entry import EntryKind
from federation.values.clock import legal_day, stamp
from node.intake import wrong_number_store
from server.journal.work import Work
from server.opening import Act

_LOGGER = logging.getLogger(__name__)
#: Wrong numbers of one sender on one legal day at which an incident is logged, and again at each multiple.
ALARM_AT = 20


def count_wrong_number(work: Work, act: Act, now: datetime) -> None:
    """Count a notice of the sender `act` whose number and person do not both fit."""
    sender, day = act.installation.member, legal_day(now)
    counted = wrong_number_store.count(work, sender, day)
    if counted % ALARM_AT == 0:
        work.log.append(
            EntryKind.INCIDENT,
            at=stamp(now),
            what="wrong-numbers",
            sender=str(sender),
            day=day.isoformat(),
            notices=counted,
        )
        _LOGGER.warning("%s has named %d judgments today that do not fit their person", sender, counted)
