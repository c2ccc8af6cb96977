"""The node's store: events as written, open and sealed rows apart, nothing personal in clear."""
