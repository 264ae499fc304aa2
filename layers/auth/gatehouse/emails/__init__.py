"""Mails: one function and one folder of templates for each, the outbox and the sender."""
