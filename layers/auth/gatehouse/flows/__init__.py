"""What the service does: one verb a file, each with its input, its output and one function."""
