"""The services behind: one protocol, one adapter each."""
