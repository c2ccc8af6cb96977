"""Transport between members: mutual TLS, identity of callers, the layers around a call, errors on the wire."""
