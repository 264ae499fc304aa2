"""What is kept: one noun a file, with its model, its mapping to an item, and its queries."""
