"""Tryton 8.0, over its JSON-RPC."""
