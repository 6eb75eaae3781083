"""All rules with their codes, which never change their meaning; `docs/rules.md` explains them.

The first digit is the family: 0 files, 1 ids, 2 metadata, 3 characters, 4 privacy, 5 references,
6 text, 7 set-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.check.finding import ERROR, WARNING, Rule
from lorefs.check.rules import (
    code,
    files,
    hidden,
    ids,
    links,
    metadata,
    private,
    secrets,
    setup,
    similar,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

RULES: Final = (
    Rule("LORE001", "conflict-marker", ERROR, "A conflict is not resolved",
         "resolve the conflict in an editor, and remove git's markers", files.conflict_markers),
    Rule("LORE002", "not-utf8", ERROR, "The file is not UTF-8",
         "save the file as UTF-8", files.not_utf8),
    Rule("LORE003", "nul-byte", ERROR, "The file holds a NUL byte",
         "remove the byte", files.nul),
    Rule("LORE004", "unreadable", ERROR, "The file cannot be taken in",
         "replace it by a regular file of a sane size", files.unreadable),
    Rule("LORE005", "copied-section", ERROR, "A section of lore stands in the file twice",
         "keep one of the copies, with all entries that it should hold", files.copied_section),
    Rule("LORE006", "front-matter", ERROR, "The front matter cannot be read",
         "write it as `key: value` lines", files.front_matter),
    Rule("LORE101", "duplicate-id", ERROR, "Two entries have one id",
         "keep one of them, or give the copy an id of its own (`lorefs check --fix`)",
         ids.two_texts, fixable=True),
    Rule("LORE102", "exact-copy", ERROR, "An entry stands twice",
         "delete one of the two (`lorefs check --fix` does, within a file)",
         ids.exact_copy, fixable=True),
    Rule("LORE103", "malformed-id", ERROR, "An id is no UUID",
         "let `lorefs check --fix` derive one, or delete the marker", ids.malformed, fixable=True),
    Rule("LORE104", "orphan-marker", ERROR, "A marker has no entry",
         "write the entry again below the marker, or delete the marker (`lorefs check --fix`)",
         ids.orphan, fixable=True),
    Rule("LORE105", "missing-id", WARNING, "An entry has no marker yet",
         "run `lorefs check --fix` to write it", ids.missing, fixable=True),
    Rule("LORE201", "invalid-metadata", ERROR, "Metadata is not understood",
         "write it as <!-- {key: value} -->", metadata.invalid),
    Rule("LORE202", "stray-metadata", WARNING, "Metadata belongs to no entry",
         "put it between the marker and the text of an entry, or delete it", metadata.stray),
    Rule("LORE203", "approval", ERROR, "Nobody who may has approved the entry",
         "move it to .lore.review.md, and ask one of the approvers", whole=metadata.approval),
    Rule("LORE301", "bidirectional", ERROR, "Text does not read as it is stored",
         "delete the character (`lorefs check --fix`)", hidden.bidi, fixable=True),
    Rule("LORE302", "invisible", ERROR, "Characters cannot be seen",
         "delete the characters (`lorefs check --fix`)", hidden.invisible, fixable=True),
    Rule("LORE303", "control", ERROR, "Terminals obey a character",
         "delete the character, or write it as \\x1b", hidden.control),
    Rule("LORE401", "personal-document", ERROR, "A personal document would be shared",
         "take it out of the index (`git rm --cached`)", whole=private.tracked),
    Rule("LORE402", "personal-entry", ERROR, "A personal entry would be shared",
         "delete it here to keep it to yourself, or in the personal document to share it",
         private.personal_entry),
    Rule("LORE403", "secret", ERROR, "A secret would be shared",
         "revoke it and delete it; if it is none, end the line with "
         "<!-- pragma: allowlist secret -->", secrets.secret),
    Rule("LORE404", "possible-secret", WARNING, "A value looks like a secret",
         "delete it; if it is none, end the line with <!-- pragma: allowlist secret -->",
         secrets.possible),
    Rule("LORE501", "dangling-relation", WARNING, "A relation leads nowhere",
         "name the id of an entry, or remove the relation", links.dangling_relation),
    Rule("LORE502", "dangling-link", WARNING, "A link leads nowhere",
         "name the id or the title of an entry, or put it in backquotes if it is code",
         links.dangling_link),
    Rule("LORE503", "stale-code", WARNING, "Code that an entry names is gone",
         "name what took its place, or delete what is not true any more",
         whole=code.gone, slow=True),
    Rule("LORE601", "over-long", WARNING, "An entry is very long",
         "split it, or put the long part into the documentation and name it", text.over_long),
    Rule("LORE602", "same-title", WARNING, "Two entries have one title",
         "merge the two, or say in the titles how they differ", text.same_title),
    Rule("LORE603", "near-duplicate", WARNING, "Two entries say nearly the same",
         "merge the two, and delete one", whole=similar.near_duplicates),
    Rule("LORE701", "driver", WARNING, "The merge driver is not configured",
         "run `lorefs init` in this clone", whole=setup.driver, slow=True),
    Rule("LORE702", "settings", ERROR, "A setting is not understood",
         "`lorefs config list` names all settings", whole=setup.settings),
)  # fmt: skip

CODES: Final = tuple(rule.code for rule in RULES)


def matching(prefixes: Iterable[str]) -> frozenset[str]:
    """The codes that start with one of the prefixes; `LORE3` means the whole family."""
    starts = tuple(prefix.strip().upper() for prefix in prefixes)
    return frozenset(code for code in CODES if code.startswith(starts))


def is_prefix(text: str) -> bool:
    """Whether at least one code starts with a text."""
    return text.strip().upper().startswith("LORE") and bool(matching([text]))
