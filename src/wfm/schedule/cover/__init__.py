"""People per shift against a requirement, near the bound."""
