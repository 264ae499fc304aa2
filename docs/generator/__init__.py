"""Generates pages of docs/ from the code they describe. Runs at build time only."""
