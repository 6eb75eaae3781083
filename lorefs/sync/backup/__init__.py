"""The encrypted backup of personal documents, on a git remote of the user's."""
