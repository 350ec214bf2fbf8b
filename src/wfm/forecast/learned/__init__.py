"""What history teaches of one queue: days, level, profile, events, handle time, noise, and their variances."""
