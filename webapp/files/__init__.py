"""References in, results home, previews, names."""
