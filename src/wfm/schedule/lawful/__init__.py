"""What each person may work: rules as small states that walk through the days, lawful tours as paths."""
