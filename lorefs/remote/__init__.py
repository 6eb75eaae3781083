"""Where the sync branch is exchanged: a small protocol, and git as its first implementation."""

from lorefs.remote.git import Budget, GitRemote
from lorefs.remote.protocol import Moved, Pushed, Refused, Remote, RemoteError

__all__ = ["Budget", "GitRemote", "Moved", "Pushed", "Refused", "Remote", "RemoteError"]
