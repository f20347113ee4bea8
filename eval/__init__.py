"""Offline evaluation: question sets and BEIR folders in, measures and TREC runs out. It looks on; nobody imports it."""
