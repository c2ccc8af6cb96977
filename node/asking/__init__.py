"""A node's answer to a question of the gateway."""
