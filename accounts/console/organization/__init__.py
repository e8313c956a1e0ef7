"""The organization's pages: accounts and units as a tree, policies and what they limit, roots."""
