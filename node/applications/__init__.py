"""Query applications at one agency: accepted, reviewed, handled, objected to (R34-R39)."""
