"""Asking carriers: from `calls.toml` and a carrier account to requests, tokens and judged answers."""
