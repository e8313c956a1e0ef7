"""Looks through an account for what its owner would want to know: who outside it is let in, what
nobody uses, which policies are wider than any need."""
