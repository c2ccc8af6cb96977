"""Work repeated on a thread of its own: the loop, its pauses after failures, and fleets with a loop for each peer.

A caller that waits for the outcome itself has `retrying`.
"""
