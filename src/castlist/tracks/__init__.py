"""Faces followed inside a shot, and the crops sampled from them."""
