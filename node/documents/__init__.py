"""Documents of notices at a node: kept under the keys of the records they belong to, shown to its own officers."""
