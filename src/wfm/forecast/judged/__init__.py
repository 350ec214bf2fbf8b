"""Past origins forecast again: errors beside chance, simple references and friends, and the best mixture."""
