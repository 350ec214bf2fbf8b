"""How a roster is found: prices of cells, lawful days for one person or many, and a bound."""
