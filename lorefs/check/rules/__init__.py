"""The rules, a module for each family; `lorefs.check.registry` lists them with their codes."""
