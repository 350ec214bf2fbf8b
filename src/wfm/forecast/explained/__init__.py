"""Why a day is what it is, in a table and drawn."""
