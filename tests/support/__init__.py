"""Helpers that several suites share, such as forged tokens, injected faults and evidence."""
