"""A year of cycles on one simulated clock, with everything that goes wrong in a year."""
