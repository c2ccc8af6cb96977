"""`hutong explain`: apply the rules to cases given as JSON lines, without a server."""
