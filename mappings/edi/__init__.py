"""Electronic data interchange: X12 and EDIFACT interchanges, read with positions and checked as they are read."""
