"""What holds for every test: properties are tried without a time limit, for a slow machine is not a fault."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("slow machine", deadline=None)
settings.load_profile("slow machine")
