"""Gatehouse: accounts and realtime messages. Importing any module here does nothing."""

__version__ = "0.1.0"
