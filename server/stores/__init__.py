"""Stores and their checks: a server answers only from a store that is present, whole, and opened by its own keys."""
