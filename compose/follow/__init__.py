"""Follow an existing system: what appears in its folder or its view is imported by itself, and nothing twice."""
