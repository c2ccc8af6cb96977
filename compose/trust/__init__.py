"""Options that tell a command which charter to trust."""
