"""Rules about secrets, found by detect-secrets without asking any server.

Plugins that know a provider's form of token are sure; words like "password" before a value, and
values of much entropy, are only worth a look. A comment on the line or on the one before allows
what stands there, in detect-secrets' own words: `<!-- pragma: allowlist secret -->`, `<!-- pragma:
allowlist nextline secret -->`. No finding repeats the secret.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lorefs.check.finding import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source

_Name = tuple[str, str]  # a module of detect-secrets and a class in it
_PLUGINS: Final = "detect_secrets.plugins"
_SURE: Final = (
    ("artifactory", "ArtifactoryDetector"),
    ("aws", "AWSKeyDetector"),
    ("azure_storage_key", "AzureStorageKeyDetector"),
    ("cloudant", "CloudantDetector"),
    ("discord", "DiscordBotTokenDetector"),
    ("github_token", "GitHubTokenDetector"),
    ("gitlab_token", "GitLabTokenDetector"),
    ("ibm_cloud_iam", "IbmCloudIamDetector"),
    ("ibm_cos_hmac", "IbmCosHmacDetector"),
    ("jwt", "JwtTokenDetector"),
    ("mailchimp", "MailchimpDetector"),
    ("npm", "NpmDetector"),
    ("openai", "OpenAIDetector"),
    ("private_key", "PrivateKeyDetector"),
    ("pypi_token", "PypiTokenDetector"),
    ("sendgrid", "SendGridDetector"),
    ("slack", "SlackDetector"),
    ("softlayer", "SoftlayerDetector"),
    ("square_oauth", "SquareOAuthDetector"),
    ("stripe", "StripeDetector"),
    ("telegram_token", "TelegramBotTokenDetector"),
    ("twilio", "TwilioKeyDetector"),
)
_BASE64: Final = ("high_entropy_strings", "Base64HighEntropyString")
_HEX: Final = ("high_entropy_strings", "HexHighEntropyString")
_KEYWORD: Final = ("keyword", "KeywordDetector")
_UNSURE: Final = (("basic_auth", "BasicAuthDetector"), _KEYWORD, _BASE64, _HEX)

# Patterns of the plugins are made for lines of code, and slow on a line of a megabyte.
_PIECE: Final = 4096
_OVERLAP: Final = 256


def secret(source: Source, corpus: Corpus) -> Iterator[Hit]:
    """A token in the form that its provider gives it, or a private key."""
    seen: set[int] = set()  # pieces of a line overlap
    for line in _suspect(_lines(source, corpus), _SURE):
        for offset, piece in line.pieces():
            for place, kind in _found(_SURE, piece):
                if offset + place not in seen and not _is_allowed(line):
                    seen.add(offset + place)
                    yield Hit(offset + place, f"a secret: {kind}")


def possible(source: Source, corpus: Corpus) -> Iterator[Hit]:
    """A value that looks like a secret by its name or by its entropy."""
    for line in _suspect(_lines(source, corpus), _UNSURE):
        for offset, piece in line.pieces():
            first = next(_found(_UNSURE, piece), None)
            if first and not _is_allowed(line) and not any(_found(_SURE, piece)):
                yield Hit(offset + first[0], f"this may be a secret: {first[1]}")
                break


class _Line(NamedTuple):
    """A line of a document with its offset, and the line before it."""

    offset: int
    text: str
    before: str

    def pieces(self) -> Iterator[tuple[int, str]]:
        """The line in pieces with their offsets in the document."""
        for start in range(0, len(self.text), _PIECE):
            yield self.offset + start, self.text[start : start + _PIECE + _OVERLAP]


def _lines(source: Source, corpus: Corpus) -> Iterator[_Line]:
    """The lines of a shared document that are not shared yet.

    What is personal stays on this machine, secrets included.
    """
    if source.is_personal:
        return
    shared = set(corpus.facts.committed(source.path).split("\n"))
    offset, before = 0, ""
    for text in source.text.split("\n"):
        if text not in shared:
            yield _Line(offset, text, before)
        offset += len(text) + 1
        before = text


def _suspect(lines: Iterable[_Line], names: tuple[_Name, ...]) -> Iterator[_Line]:
    """The lines in whose neighbourhood a plugin would find something.

    To ask about a few kilobytes at once costs a fraction of asking about each line of it.
    """
    batch: list[_Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.text)
        if size >= _PIECE:
            yield from _if_suspect(batch, names)
            batch, size = [], 0
    yield from _if_suspect(batch, names)


def _if_suspect(batch: list[_Line], names: tuple[_Name, ...]) -> list[_Line]:
    text = "\n".join(line.text for line in batch)
    if len(text) > 2 * _PIECE:  # a line that is looked at in pieces
        return batch
    if _KEYWORD in names and _has_keyword(text):
        return batch
    return batch if any(pattern.search(text) for pattern in _patterns(names)) else []


@cache
def _patterns(names: tuple[_Name, ...]) -> tuple[re.Pattern[str], ...]:
    """The patterns of plugins, so that they match inside a text of several lines."""
    found: list[re.Pattern[str]] = []
    for name in names:
        if name != _KEYWORD:
            plugin = _plugin(name)
            found += getattr(plugin, "denylist", None) or [plugin.regex]
    return tuple(re.compile(each.pattern, each.flags | re.MULTILINE) for each in found)


def _found(names: tuple[_Name, ...], line: str) -> Iterator[tuple[int, str]]:
    """Where plugins find something in a line, and what."""
    for name in names:
        if name == _KEYWORD and not _has_keyword(line):
            continue
        plugin = _plugin(name)
        for value in plugin.analyze_string(line):
            if value and (name not in _UNSURE or _is_likely(name, plugin, value)):
                yield max(line.find(value), 0), str(plugin.secret_type)


def _is_likely(name: _Name, plugin: Any, value: str) -> bool:  # noqa: ANN401  # untyped
    """Whether a value that a name or a form suggests can be a secret at all."""
    from detect_secrets.filters import heuristic

    if name in {_BASE64, _HEX} and plugin.calculate_shannon_entropy(value) <= plugin.entropy_limit:
        return False
    return not (
        heuristic.is_potential_uuid(value)
        or heuristic.is_templated_secret(value)
        or heuristic.is_sequential_string(value)
        or heuristic.is_not_alphanumeric_string(value)
    )


@cache
def _plugin(name: _Name) -> Any:  # noqa: ANN401  # detect-secrets has no types
    """A plugin, made when it is first needed: detect-secrets takes long to import."""
    module, kind = name
    return getattr(import_module(f"{_PLUGINS}.{module}"), kind)()


def _has_keyword(text: str) -> bool:
    """Whether it is worth asking the plugin for keywords, which is slow."""
    lower = text.lower()
    return any(word in lower for word in _keywords())


@cache
def _keywords() -> frozenset[str]:
    """The last words of the plugin's keywords: of `api_?key` that is `key`."""
    words = import_module(f"{_PLUGINS}.keyword").DENYLIST
    return frozenset(word.rpartition("?")[2] for word in words)


def _is_allowed(line: _Line) -> bool:
    """Whether a comment allows the secrets of a line."""
    from detect_secrets.filters.allowlist import is_line_allowlisted
    from detect_secrets.util.code_snippet import CodeSnippet

    text, before = line.text.rstrip("\r"), line.before.strip()
    return is_line_allowlisted("lore.md", text, CodeSnippet([before, text], 0, 1))
