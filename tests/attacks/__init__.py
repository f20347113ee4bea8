"""Hostile and broken files that were tried against the reader, each made anew where it is needed."""
