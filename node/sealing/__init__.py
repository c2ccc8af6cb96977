"""What people order about sealing at this node, beside what the rule seals by itself."""
