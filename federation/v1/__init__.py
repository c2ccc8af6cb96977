"""Generated from proto/federation/v1; never edited by hand."""
