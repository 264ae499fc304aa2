"""The composition roots: everything that flows work with, made when it is first used."""
