"""Tracks grouped by person."""
