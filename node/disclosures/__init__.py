"""Every disclosure remembered: who was told which record in which answer, and who must be told that it changed."""
