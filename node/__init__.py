"""One agency's registry."""
