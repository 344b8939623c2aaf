"""Logins of the seeded database; imported by Tryton's Python, too, so it needs nothing but Python."""

CLERK = ("clerk", "clerk-password-1")
HUB = ("hub", "hub-password-1")
