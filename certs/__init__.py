"""Identity of members: one authority per agency, its certificates, and the charter that the agencies publish."""
