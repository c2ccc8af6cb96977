"""How it stands up: the `hutong` command and the local federation."""
