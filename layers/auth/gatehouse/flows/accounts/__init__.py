"""Registration, addresses, passwords, the ends of sessions, mails and signing keys."""
