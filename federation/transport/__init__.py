"""How members reach each other: mutual TLS, who calls, the layers around a call, errors on the wire."""
