"""A believable organisation for an empty portal: `manage.py demo`, all through operations."""
