"""Every error a user can meet, lowest layer first.

SpoergetimeError
├── UsageError            wrong use: exit code 2
├── InputError            a file or folder that cannot be used as named
│   └── UnreadableError   one document that goes to quarantine with this reason
├── IndexUnusableError    an index that cannot be used
│   ├── NoIndexError      none there yet
│   ├── DamagedIndexError a file is not the one its manifest names
│   ├── MismatchError     built with another model or other settings
│   └── LockedError       another process is at work there
├── ModelError            a model that cannot be loaded
└── FetchError            an address that could not be fetched
    └── TurnedAwayError   something else came in place of the document, as from a bot filter

The message is one line: what, where, what to do next.
"""

from __future__ import annotations


class SpoergetimeError(Exception):
    """Something a user can act on; its text is one line that says what, where and what to do next."""

    exit_code = 1


class UsageError(SpoergetimeError):
    """The call itself is wrong."""

    exit_code = 2


class InputError(SpoergetimeError):
    """A named file or folder cannot be used."""


class UnreadableError(InputError):
    """One document cannot be read; it goes to quarantine and the others go on."""


class IndexUnusableError(SpoergetimeError):
    """An index cannot be used."""


class NoIndexError(IndexUnusableError):
    """There is no index where one was named."""


class DamagedIndexError(IndexUnusableError):
    """A file of the index is missing or is not the one its manifest names."""


class MismatchError(IndexUnusableError):
    """The index was built with another model or other settings than those asked for."""


class LockedError(IndexUnusableError):
    """Another process is building this index, or fetching into this folder."""


class ModelError(SpoergetimeError):
    """A model cannot be loaded."""


class FetchError(SpoergetimeError):
    """An address could not be fetched; what is there already is kept."""


class TurnedAwayError(FetchError):
    """A server gave something else in place of the document, or refused it to programs."""
