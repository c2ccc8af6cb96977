"""Commands that send notices and documents, and decide those that no node could take."""
