"""Ways to prove who one is, and the tokens that a proof earns."""
