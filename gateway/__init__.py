"""The gateway: asks all nodes together, merges their answers, hides sealed records, signs one answer."""
