"""The officers of the node's own member: registered by id and name, some with keys of their own."""
