"""Shopify: the GraphQL Admin API of one store."""
