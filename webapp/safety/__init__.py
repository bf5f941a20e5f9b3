"""That nothing is lost when the storage fails or the program dies: receipts, repeats, the lock."""
