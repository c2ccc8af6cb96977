"""The command that asks the gateway: `hutong ask`."""
