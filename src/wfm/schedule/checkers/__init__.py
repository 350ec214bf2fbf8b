"""Independent judges: written from the text of the rules, they share no code with the solvers."""
