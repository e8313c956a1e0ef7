"""The console's pages of policies, their versions and where they are attached."""
