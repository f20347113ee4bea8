"""Fetching documents from where they are published: asked for seldom, landed whole, told of by sidecars."""
