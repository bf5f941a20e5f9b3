"""What was made in some days and what it cost."""
