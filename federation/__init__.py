"""What every member of the federation agrees on; no database and no server in here."""
