"""Formulas of one queue in a steady state: Erlang B, C, A and X, other patience, finite lines, fewest agents."""
