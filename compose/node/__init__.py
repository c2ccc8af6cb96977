"""Commands of one node's operator and officers: import, seals, identities, applications at work."""
