"""Merging of several agencies' facets into one conviction: values with sources, disagreements shown."""
