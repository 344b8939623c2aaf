"""WooCommerce: orders of a WordPress shop by its REST API v3."""
