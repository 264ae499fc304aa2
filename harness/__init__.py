"""Gatehouse without AWS: what tests and measurements run. tests/README.md says which to take."""
