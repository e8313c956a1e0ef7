"""Self-hosted, multi-tenant identity and access management that speaks AWS IAM."""
