"""Tables that agencies have kept so far, CSV and XLSX, become records by a map that says which column is what."""
