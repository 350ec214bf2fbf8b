"""Shifts for a requirement or a promise, and what a planner asks of them."""
