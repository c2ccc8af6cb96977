"""Commands that check answers and logs without a server: `hutong verify` and `hutong audit`."""
