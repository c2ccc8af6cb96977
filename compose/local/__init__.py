"""The local federation: a whole one on one machine, each server a process of its own."""
