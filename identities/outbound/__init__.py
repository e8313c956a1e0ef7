"""Outbound federation: the account's principals, vouched for to the world outside.

The counterpart of identities/federation: there others' tokens are read, here ours are signed.
"""
