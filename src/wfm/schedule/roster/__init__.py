"""Who works when: the roster, its table, and why a wish was not granted."""
