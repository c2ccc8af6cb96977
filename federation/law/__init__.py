"""The rules of the law as pure functions and data: sealing, disclosure, bases, bars, time limits."""
