"""Values that everything is made of: days, names, numbers, case numbers, tokens, keys."""
