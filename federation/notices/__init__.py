"""Notices (通报) of the Opinions II(2): who may send which, when one is effective, where it goes, when it is due."""
