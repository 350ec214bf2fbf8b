"""What data say: patience, handle times, and how well the model has foretold the past."""
