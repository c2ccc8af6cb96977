"""What a store must be before a server answers from it: present, whole, and opened by its own keys."""
