"""Evidence that others can check without any server: trees, checkpoints, signed pages, saved answers."""
