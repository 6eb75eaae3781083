"""What the commits of a repository say of lore: trees, versions, differences, origins."""
