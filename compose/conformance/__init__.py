"""The conformance kit: black-box checks of anybody's node or gateway, on the wire alone."""
