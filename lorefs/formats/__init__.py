"""Forms in which lore is exchanged with other programs: texts and rows in, entries out, and back.

Everything read here is hostile until it is an entry; what cannot become one is an error as a
value, with the place it stands at.
"""
