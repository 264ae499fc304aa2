"""Gatehouse: accounts and realtime messages. Importing a module has no side effects."""

__version__ = "0.1.0"
