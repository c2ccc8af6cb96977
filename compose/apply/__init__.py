"""Commands for applications at a window: submit, decide, follow, and show the page of bars."""
