"""Faults that a machine can meet while it builds, keeps and reads an index."""
