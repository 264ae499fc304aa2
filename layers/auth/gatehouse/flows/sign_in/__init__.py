"""Signing in, the tokens that it issues, and how anyone can verify them."""
