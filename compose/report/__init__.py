"""Commands that count: reports, timeliness, metrics."""
