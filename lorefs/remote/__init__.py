"""Where the sync branch is exchanged: a small protocol, and git as its first implementation."""

from lorefs.remote.git import GitRemote
from lorefs.remote.protocol import Moved, Pushed, Refused, Remote, RemoteError

__all__ = ["GitRemote", "Moved", "Pushed", "Refused", "Remote", "RemoteError"]
