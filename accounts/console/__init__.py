"""The console's pages of the account as a whole."""
