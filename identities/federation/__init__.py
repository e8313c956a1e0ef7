"""What identity providers say, and how it is proved: OpenID Connect tokens, SAML responses."""
