"""Run a node or a gateway from its home: settings, signals, log file."""
