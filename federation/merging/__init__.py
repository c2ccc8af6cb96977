"""One conviction from what several agencies hold of it: values with sources, disagreements shown."""
