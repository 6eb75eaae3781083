"""Every setting: its name, what it may hold, where it lives, and what it is for."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.config.settings import ALWAYS, AUTOMATIC, MANUAL, NONE, PUBLISH, SIGNED
from lorefs.core.model import SENSITIVITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lorefs.config.settings import Config

TEAM: Final = "team"  # shared through a file of the repository
COMMANDS: Final = "commands"  # the section of settings whose name has none
CLONE: Final = "clone"  # this clone's own choice, in git's configuration


class Kind(NamedTuple):
    """What a value may be: in words, and as a function that raises ValueError otherwise."""

    words: str
    read: Callable[[object], object]


class Key(NamedTuple):
    """One setting, named `section.camelCase` as in git's configuration, or just `camelCase`."""

    name: str
    kind: Kind
    home: Literal["team", "clone"]
    help: str

    @property
    def section(self) -> str:
        """The part of the name before the dot, and the attribute of `Config`."""
        section, dot, _ = self.name.partition(".")
        return section if dot else COMMANDS

    @property
    def attribute(self) -> str:
        """The attribute of the section that holds the value."""
        return _snake_case(self.name.rpartition(".")[2])

    @property
    def variable(self) -> str:
        """The environment variable that overrides the setting."""
        return f"LOREFS_{_snake_case(self.name.replace('.', '_'))}".upper()

    @property
    def git_name(self) -> str:
        """The name in git's configuration, where variables have no case, without `lorefs.`."""
        section, dot, name = self.name.rpartition(".")
        return f"{section}{dot}{name.lower()}"

    def value(self, config: Config) -> object:
        """What the setting is."""
        found: object = getattr(getattr(config, self.section), self.attribute)
        return found


def _snake_case(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: "_" + found[0].lower(), name)


_TRUE: Final = ("true", "yes", "on", "1")
_FALSE: Final = ("false", "no", "off", "0", "")
_UNITS: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SIZE: Final = re.compile(r"(\d{1,18})\s*([kmg]?)(?:i?b)?", re.IGNORECASE)
# The part of git-check-ref-format(1) that a person can get wrong.
_BAD_REF: Final = re.compile(r"^[-/.]|[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)|[/.]$")


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError  # noqa: TRY004  # a TOML file's wrong type is a wrong value to its author
    share = float(value)
    if not (math.isfinite(share) and 0 <= share <= 1):
        raise ValueError
    return share


def _factor(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError  # noqa: TRY004  # as above
    factor = float(value)
    if not 0 <= factor <= 10:  # noqa: PLR2004  # as its kind says; NaN is not in between either
        raise ValueError
    return factor


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError  # noqa: TRY004  # as above
    count = int(value)
    if count < 0:
        raise ValueError
    return count


def _size(value: object) -> int:
    if isinstance(value, bool):
        raise ValueError  # noqa: TRY004  # as above
    found = _SIZE.fullmatch(str(value).strip())
    if not found:
        raise ValueError
    return int(found[1]) * _UNITS[found[2].lower()]


def _word(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError
    return value


def _remote(value: object) -> str:
    word = _word(value)
    if not word.strip() or word.startswith("-"):  # git would take it for an option
        raise ValueError
    return word


def _address(value: object) -> str:
    return _remote(value) if value else ""


def _words(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise ValueError  # noqa: TRY004  # as above
    return tuple(word for word in (_word(part).strip() for part in parts) if word)


def _directories(value: object) -> tuple[str, ...]:
    return tuple(_directory(part) for part in _words(value))


def _branch(value: object) -> str:
    word = _word(value)
    if not word or _BAD_REF.search(word):
        raise ValueError
    return word


def _ref(value: object) -> str:
    return _branch(value) if value else ""


def _directory(value: object) -> str:
    parts = _word(value).strip("/").split("/")
    if any(part in (".", "..") or part.lower() == ".git" for part in parts):
        raise ValueError
    return "/".join(parts)


def _codes(value: object) -> tuple[str, ...]:
    """Codes of rules or their starts: a list, or words between commas."""
    from lorefs.check.registry import is_prefix

    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise ValueError
    codes = tuple(word.strip().upper() for word in words if word.strip())
    if not all(map(is_prefix, codes)):
        raise ValueError
    return codes


def _choice(*choices: str) -> Kind:
    def read(value: object) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return Kind(" or ".join(choices), read)


BOOLEAN: Final = Kind("true or false", _boolean)
SHARE: Final = Kind("a number from 0 to 1", _share)
FACTOR: Final = Kind("a number from 0 to 10", _factor)
COUNT: Final = Kind("a whole number", _count)
SIZE: Final = Kind("a number of bytes, such as 16M", _size)
REMOTE: Final = Kind("names or addresses of git remotes, with blanks between them", _remote)
ADDRESS: Final = Kind("the name or address of a git remote, or nothing", _address)
WORD: Final = Kind("text on one line, or nothing", _word)
WORDS: Final = Kind("words, with commas between them", _words)
DIRECTORIES: Final = Kind("relative directories, with commas between them", _directories)
BRANCH: Final = Kind("the name of a branch", _branch)
REF: Final = Kind("the name of a ref, or nothing", _ref)
COMMAND: Final = Kind("a shell command on one line, or nothing", _word)
CODES: Final = Kind("codes of rules, such as LORE105 or LORE6", _codes)
DIRECTORY: Final = Kind("a relative directory, or nothing", _directory)

KEYS: Final = (
    Key("sync.enabled", BOOLEAN, CLONE, "exchange team lore with other machines"),
    Key("sync.remote", REMOTE, CLONE, "the git remote to exchange it with"),
    Key("sync.branch", BRANCH, CLONE, "the branch that carries it"),
    Key("sync.prefix", DIRECTORY, CLONE, "the directory of that branch to keep it under"),
    Key("sync.mode", _choice(MANUAL, AUTOMATIC), CLONE, "exchange when asked, or by itself"),
    Key(
        "sync.materialise",
        _choice(PUBLISH, ALWAYS),
        CLONE,
        "write what arrives into tracked files when asked, or at once",
    ),
    Key("sync.ingestFrom", REF, CLONE, "the code branch whose lore is taken in"),
    Key("sync.sign", BOOLEAN, CLONE, "sign the commits on the sync branch"),
    Key("sync.verify", _choice(NONE, SIGNED), CLONE, "take only signed commits from others"),
    Key("sync.maxAge", COUNT, CLONE, "warn where the last exchange is older, in seconds"),
    Key("sync.timeout", COUNT, CLONE, "how long --read-after waits, in seconds"),
    Key("sync.gc", BOOLEAN, CLONE, "pack what the exchange writes once that is much"),
    Key("backup.enabled", BOOLEAN, CLONE, "keep an encrypted backup of personal documents"),
    Key("backup.remote", ADDRESS, CLONE, "the git remote of yours that holds it"),
    Key("backup.branch", BRANCH, CLONE, "the branch there"),
    Key("backup.realm", WORD, CLONE, "what the backup calls this repository"),
    Key("backup.identity", WORD, CLONE, "the file of the private key that opens it"),
    Key("backup.fingerprint", WORD, CLONE, "that of the backup, which must not be another one"),
    Key("filter.paths", DIRECTORIES, TEAM, "the directories whose lore is exchanged"),
    Key("filter.categories", WORDS, TEAM, "the categories that are exchanged"),
    Key("filter.tags", WORDS, TEAM, "exchange what has one of these tags"),
    Key(
        "filter.sensitivity",
        _choice(*SENSITIVITIES),
        TEAM,
        "the most sensitive lore to exchange; what is restricted never leaves",
    ),
    Key("guard.deletionShare", SHARE, TEAM, "the share of entries that may vanish at once"),
    Key("guard.deletionCount", COUNT, TEAM, "so many vanished entries at once need confirmation"),
    Key("limits.documentSize", SIZE, TEAM, "the size of a document that is still taken in"),
    Key("onConflict", COMMAND, CLONE, "a command that is told what gave way, as JSON"),
    Key("onFailure", COMMAND, CLONE, "a command that is told what failed, as JSON"),
    Key("check.select", CODES, TEAM, "the rules that `lorefs check` runs; nothing: all"),
    Key("check.ignore", CODES, TEAM, "the rules that it leaves out"),
    Key("check.entryLength", COUNT, TEAM, "the characters that an entry may have"),
    Key("check.similarity", SHARE, TEAM, "how alike two entries are called near-duplicates"),
    Key("context.budget", COUNT, TEAM, "the tokens that `lorefs context` prints at most"),
    Key("context.personalBoost", FACTOR, CLONE, "what the scores of personal entries are times"),
    Key(
        "stale.unusedAfter",
        COUNT,
        TEAM,
        "the days after which what nobody reads is stale; 0: never",
    ),
    Key("suggest.auto", BOOLEAN, CLONE, "keep a list of personal entries worth promoting (watch)"),
    Key("suggest.least", SHARE, CLONE, "the score of an entry that is worth promoting"),
)


def written(value: object) -> str:
    """A value as git and TOML both spell it (strings without quotes, lists without brackets)."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
