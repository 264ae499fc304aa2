"""Mails: one function and one folder of templates for each, and the outbox that they leave by."""
