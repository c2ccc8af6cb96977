"""What members sign and send each other: questions, mandates, undertakings, seals, recalls."""
