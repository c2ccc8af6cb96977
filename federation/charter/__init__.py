"""The charter: who the members are, which keys speak for them, and whom each question must reach."""
