"""Whose record it is: stolen identities split off, registrations of one person merged, with undo."""
