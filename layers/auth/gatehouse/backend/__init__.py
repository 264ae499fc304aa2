"""The composition roots: everything that flows use, created on first use."""
