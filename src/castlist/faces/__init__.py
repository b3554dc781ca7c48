"""Faces in frames: found, filtered, judged, cut out upright."""
