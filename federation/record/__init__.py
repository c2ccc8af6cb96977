"""The record of the Opinions II(1).2: what makes one valid, and what the sealing rule reads from it."""
