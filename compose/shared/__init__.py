"""Parts that several commands share: options, tables, the printing of text that others wrote."""
