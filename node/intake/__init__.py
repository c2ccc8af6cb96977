"""Notices at a node: each takes effect once, or waits for an officer; none is dropped (R30, R31)."""
