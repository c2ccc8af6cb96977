"""Rules for applications that windows and nodes share: the roster, and the question an application leads to."""
