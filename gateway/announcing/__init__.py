"""A gateway carries announcements of applications to the nodes that must answer them (A27)."""
