"""The services that every server offers: its evidence and its charter."""
