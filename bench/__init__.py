"""Benchmarks. Each checks its results before it prints a figure and sets it against a floor of the same run."""
