"""The sync branch: team lore on a branch of its own, exchanged with other machines."""
