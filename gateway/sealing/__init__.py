"""How seals spread through the gateway: proposals, marks, deliveries, acknowledgements."""
