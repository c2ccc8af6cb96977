"""Commands that correct what stands in a register, and follow the recalls it causes."""
