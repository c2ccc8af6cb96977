"""After an answer: its recall when it is no longer accurate, and correction requests to owners whose facets differ."""
