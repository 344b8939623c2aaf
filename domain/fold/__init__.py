"""The fold: a journey is a pure function of the set of facts."""

from domain.fold.folding import fold

__all__ = ["fold"]
