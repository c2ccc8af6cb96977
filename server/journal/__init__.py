"""What a node and a gateway both keep: one durable writer and an append-only, provable log.

Sits between `certs` and `node | gateway`: the log needs a database, which `federation` must not know,
and both servers need the same one, though neither may import the other.
"""
