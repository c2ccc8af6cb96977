"""The charter: who the members are, which keys speak for them, and which nodes each question must reach."""
