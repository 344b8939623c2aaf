"""Composition root: settings, wiring, logging, the command line."""
