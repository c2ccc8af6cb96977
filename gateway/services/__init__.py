"""Servicers: read the message, call one function, build the answer."""
