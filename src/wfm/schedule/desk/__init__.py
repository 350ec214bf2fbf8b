"""What is asked of a roster: changes, offers, bids, what is short and what would mend it."""
