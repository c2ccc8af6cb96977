"""The `hutong` command and the local federation."""
