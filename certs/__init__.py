"""Who we are: an authority per agency, its certificates and the charter they publish."""
