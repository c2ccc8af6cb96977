"""Definitions that all members of the federation share; this package holds no database and no server."""
