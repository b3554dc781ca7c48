"""Measuring castlist and its peers on films and track sets with truth."""
