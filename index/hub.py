"""A model from a hub, or one clear line within seconds."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import Any

from corpus.errors import ModelError
from index.models import UNREAD, Purpose

_SECONDS = 6.0  # for the hub's first answer, name look-up and retries included


def fetch(model: str, purpose: Purpose) -> Path:
    """Give the folder of a hub's model, from the local cache if it is there; ModelError where it cannot be had."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    option = purpose.option
    instead = f"Name a folder with {option}, or leave {option} out"
    try:
        cached = Path(snapshot_download(model, ignore_patterns=list(UNREAD), local_files_only=True))
        if (cached / purpose.holds).is_file():
            return cached
    except HFValidationError as error:
        raise ModelError(f"{model} is neither a model folder nor the id of a model. Check {option}") from error
    except (ValueError, OSError):
        pass  # not there, or not whole
    revision = _revision(model, instead)
    try:
        return Path(snapshot_download(model, revision=revision, ignore_patterns=list(UNREAD)))
    except Exception as error:  # the hub's client raises its own, httpx's and the system's
        raise ModelError(f"the model {model} could not be fetched whole: {_first_line(error)}. {instead}") from error


def _revision(model: str, instead: str) -> str | None:
    """Ask the hub for the model's newest revision.

    In a thread of its own, as the client's limit is for each step: name look-up and retries are not in it.
    """
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    answer: list[Any] = []

    def ask() -> None:
        try:
            answer.append(HfApi().model_info(model, timeout=_SECONDS / 2))
        except Exception as error:
            answer.append(error)

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    found = answer[0] if answer else TimeoutError(f"no answer within {_SECONDS:.0f} seconds")
    if not isinstance(found, Exception):
        return str(found.sha) if found.sha else None
    if isinstance(found, GatedRepoError):
        raise ModelError(f"the hub {constants.ENDPOINT} gives {model} only to those it knows: log in there. {instead}")
    if isinstance(found, RepositoryNotFoundError):
        raise ModelError(f"the model {model} is not on this machine, nor on the hub {constants.ENDPOINT}. {instead}")
    raise ModelError(
        f"the model {model} is not on this machine and no model hub can be reached "
        f"({constants.ENDPOINT}: {_first_line(found)}). {instead}"
    ) from found


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
