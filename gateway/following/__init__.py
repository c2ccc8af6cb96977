"""What follows an answer: its recall when it is no longer accurate, and requests to owners whose facets differ."""
