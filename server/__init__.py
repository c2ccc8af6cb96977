"""Parts that nodes and gateways share as servers."""
