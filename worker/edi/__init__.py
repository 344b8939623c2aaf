"""Interchanges that come as files: a watched folder, and the answers that go back through it."""
