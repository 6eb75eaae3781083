"""Share lore through a hub: one repository with a realm for each of many projects."""

from __future__ import annotations

from lorefs.cli.team_create import create
from lorefs.cli.team_hubs import add, remove
from lorefs.cli.team_join import join, leave
from lorefs.cli.team_show import members, status

EXAMPLES = """
lorefs team create /srv/git/lore.git --shared
lorefs team join /srv/git/lore.git            # once in each clone
lorefs team join lore.example:hub.git --realm widgets --promote all --duplicates merge
lorefs team status
lorefs team members
lorefs team add platform git@example.com:platform/lore.git --realm api   # only read
lorefs team leave
"""

COMMANDS = {
    "create": create,
    "join": join,
    "status": status,
    "members": members,
    "leave": leave,
    "add": add,
    "remove": remove,
}
