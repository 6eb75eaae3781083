"""The front door that stays open: keeps rows and files equal, and meets the remote by itself."""
