"""The gateway's routes, one module per thing they are about."""
