"""One answer of many nodes, merged, sealed again, found, minimised: pure, so that askers can repeat it."""
