"""The lore of a worktree for agents, over the Model Context Protocol (docs/agents.md).

Importing `server` loads the SDK, the extra `lorefs[mcp]`; nothing but `lorefs mcp` does.
"""
