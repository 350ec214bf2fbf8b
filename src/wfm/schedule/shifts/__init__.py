"""What one day's work may look like: shift types, their breaks, the time axis, the demand on it."""
