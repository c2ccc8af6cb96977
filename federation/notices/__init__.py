"""Notices (通报) of the Opinions II(2): permitted senders, effectiveness, destinations and due times."""
