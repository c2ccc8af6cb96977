"""Import of tables that agencies kept before (CSV, XLSX), by a map from columns to fields of a record."""
