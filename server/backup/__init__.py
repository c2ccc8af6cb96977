"""A copy of a server's home in one encrypted file, and back."""
