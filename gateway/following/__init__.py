"""What follows an answer: its recall when it holds no more, and requests to owners whose facets differ."""
