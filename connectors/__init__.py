"""I/O with partners: transports, signatures, error translation."""
