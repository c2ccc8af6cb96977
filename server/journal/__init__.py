"""The journal of a node or gateway: one durable writer and an append-only, provable log.

It is a layer between `certs` and `node | gateway`: the log needs a database, which `federation` must not use,
and both servers need the same log, though neither may import the other.
"""
