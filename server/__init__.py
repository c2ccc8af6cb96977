"""What a node and a gateway have in common as servers."""
