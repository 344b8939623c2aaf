"""Reads stored messages again with the mapping of today: first a plan that changes nothing, then its approval."""
