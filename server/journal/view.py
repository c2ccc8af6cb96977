"""One consistent look at a store: what commands and stores hand each other."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy import Connection

View: TypeAlias = Connection
"""One consistent look at the store. Only modules that hold SQL know what it is; others hand it to them."""
