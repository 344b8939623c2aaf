"""The durable record: raw bytes, facts, audit chain, read model."""
