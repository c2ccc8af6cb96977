"""Commands that correct records in a register, and follow the recalls that corrections cause."""
