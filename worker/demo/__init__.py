"""The demonstration: made-up parcels, real servers, real HTTP, and expectations that fail loudly."""
