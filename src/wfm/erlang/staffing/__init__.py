"""From forecast and promise to the requirement: fewest agents, doubt, its price, and each headcount explained."""
