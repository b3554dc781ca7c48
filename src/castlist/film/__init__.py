"""A film's frames with exact times, and its shots."""
