"""Registration, profiles, addresses, passwords, sessions, audit trail, emails and signing keys."""
