"""Rules for lore that is safe to commit, to read and to feed to an agent.

Everything here is pure: documents and facts in, findings and mended texts out.
`lorefs.inspection` reads and writes, `docs/rules.md` explains each rule.
"""
