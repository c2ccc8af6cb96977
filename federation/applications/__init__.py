"""What windows and nodes agree on about applications: working days, due times, the question they lead to."""
