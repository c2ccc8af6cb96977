"""One question to all nodes: lines to nodes, rounds of asking, merging, entries in the log."""
