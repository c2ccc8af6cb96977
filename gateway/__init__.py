"""The interconnect: ask together, merge, seal, answer."""
