"""Sealing at this node beyond the rule: orders of its officers, and seals shared with other holders."""
