"""The register of one agency: enter, correct, show (R2, R12), sealed before it is stored (A13)."""
