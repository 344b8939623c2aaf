"""Proofs against a real order system: Tryton, the hub's own processes, and a carrier that reports by webhook."""
