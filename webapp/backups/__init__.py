"""Copies of the database: made by hand, every day and before an upgrade; looked into, put back."""
