"""HTTP in front of the hub: webhooks, the API, health."""
