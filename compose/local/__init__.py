"""The local federation: a whole federation on one machine, each server a process of its own."""
