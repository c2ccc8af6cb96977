"""Reasons that nodes and gateways add to an outcome and read from each other."""

from __future__ import annotations

from typing import Final

UNIDENTIFIED: Final = "SAME_NAME_UNIDENTIFIED"
"""With MATCH: records were found by number, and others bear the same name and birth date but no number."""

REDACTED: Final = "REDACTED"
"""The node's signed answer holds more than this asker may see; auditors have it."""

LOG_WENT_BACK: Final = "LOG_WENT_BACK"
"""With REFUSED: the node's log does not go on from a state that others have seen of it; it answers nobody."""

VERIFYING: Final = "VERIFYING"
"""With REFUSED: the node verifies what it holds before it answers an application (A27), for whatever cause."""

NOT_RELEASED: Final = "NOT_RELEASED"
"""The question of an application is not asked before its day (A27)."""

LOST_HEAD_HIGHER: Final = "LOST_HEAD_HIGHER"
"""A gateway knows a higher head of a node's log than the one that its agency gives up."""
STORE_TAMPERED: Final = "STORE_TAMPERED"
"""With REFUSED: rows of the node's register are not those that it wrote; it answers nothing until that is settled."""

NOT_REGISTERED: Final = "OFFICER_NOT_REGISTERED"
"""With REFUSED: the officer who asks is not on the roll of the asker's own node, under the id and name given."""
NOT_SIGNED: Final = "OFFICER_NOT_SIGNED"
"""With REFUSED: a key of the officer's own is registered, and has not signed the question."""
