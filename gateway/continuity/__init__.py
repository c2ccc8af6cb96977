"""The highest head of each node's log, which the node must prove to go on from before its answers are used."""
