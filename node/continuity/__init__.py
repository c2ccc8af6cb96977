"""Whether this node's log goes on from what gateways have seen of it; if not, it answers no question."""
