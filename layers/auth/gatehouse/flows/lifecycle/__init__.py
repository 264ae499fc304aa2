"""Flows that concern an account as a whole: its export and its deletion."""
