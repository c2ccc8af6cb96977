"""The way of one notice through a gateway: accepted durably, delivered until it is done, tracked (R23-R31)."""
