"""Makes the generated pages of docs/ from the code that they describe, at build time only."""
