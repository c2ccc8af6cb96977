"""Documents of notices at a gateway: taken in, carried to the nodes that need them, then dropped."""
