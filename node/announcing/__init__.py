"""Applications are announced to every node that must answer, so that what it withholds is decided in time (A27)."""
