"""The record of the Opinions II(1).2: its validation, and the facts that the sealing rule reads from it."""
