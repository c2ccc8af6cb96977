"""One question to all nodes: links, rounds, assembling, its entry in the log."""
