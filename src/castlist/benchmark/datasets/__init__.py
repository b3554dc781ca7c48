"""Readers of published data sets and of other programs' formats, a module each; see `registry`."""
