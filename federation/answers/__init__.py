"""Assembly of one answer from many nodes' answers, as pure functions, so that askers can repeat it."""
