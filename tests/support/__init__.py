"""What the suites share: builders, a backend on simulated AWS, the template as data."""
