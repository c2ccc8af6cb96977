"""Documents of notices at a gateway: received, carried to the nodes that need them, then deleted."""
