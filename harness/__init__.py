"""Gatehouse without AWS, for tests and measurements. tests/README.md says what to use when."""
