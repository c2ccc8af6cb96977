"""Statements that members sign and send to each other: questions, mandates, undertakings, seals, recalls."""
