"""Commands for figures: reports, timeliness, metrics."""
