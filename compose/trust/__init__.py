"""Options by which a command learns whom to trust."""
