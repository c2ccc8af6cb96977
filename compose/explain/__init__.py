"""`hutong explain`: what the law makes of a case written as JSON lines, without a server."""
