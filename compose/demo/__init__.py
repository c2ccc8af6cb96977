"""The demonstration: real judgment outcomes, synthetic persons, four agencies that know different things."""
