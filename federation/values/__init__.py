"""Basic values: days, names, numbers, case numbers, tokens, keys."""
