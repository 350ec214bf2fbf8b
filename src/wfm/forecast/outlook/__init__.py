"""What is to come: slots with their doubt, sums, paths, streams that divide, an update in the middle of a day."""
