"""The path of one notice through a gateway: durably accepted, delivered, retried if needed, tracked (R23-R31)."""
