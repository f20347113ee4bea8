"""Which model an index uses: the one that its manifest names, or one of its own that lies within the generation."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

from corpus.errors import DamagedIndexError, MismatchError, ModelError, NoIndexError
from index.encoder import Encoder, load
from index.generation import MODEL, Manifest, all_generations, current, verify
from index.models import digest, find

OWN = "adapted"  # the name of every model that lies within an index
ORIGIN = "adapted.json"  # in its folder: the digest of the model it was adapted from, and how


def has_own(manifest: Manifest) -> bool:
    """Tell whether a generation holds its own model."""
    return any(name.startswith(f"{MODEL}/") for name in manifest.files)


def used(folder: Path, manifest: Manifest, named: str | None = None, loaded: Encoder | None = None) -> Encoder:
    """Load the model that a generation was built with; `named` says where it lies now, if it has moved.

    Naming the model from which the generation's own was adapted gives its own. Where `loaded` is that very model, it
    is given. The caller has verified the files.
    """
    built = manifest.model
    if loaded and loaded.identity.as_json() | {"name": built["name"]} == built:
        return loaded
    prompts = built["query_prompt"], built["passage_prompt"]
    own = own_encoder(folder / MODEL, *prompts, built["dimension"]) if has_own(manifest) else None
    if own and (named is None or digest(find(named)) == origin(folder / MODEL)):
        return own
    encoder = load(
        named or built["name"],
        query_prompt=prompts[0],
        passage_prompt=prompts[1],
        dimensions=built["dimension"],
    )
    identity = encoder.identity
    if (identity.digest, identity.dimension) != (built["digest"], built["dimension"]):
        raise MismatchError(
            f"the index {folder.parent.parent} was built with another model ({built['name']}, {built['dimension']} "
            f"dimensions, {built['digest'][:12]}) than {identity.name} is ({identity.dimension}, "
            f"{identity.digest[:12]}). Name that model with --model, or build the index again"
        )
    return own or encoder


def for_update(
    index: Path,
    named: str | None,
    query_prompt: str | None,
    passage_prompt: str | None,
    dimensions: int | None = None,
) -> tuple[Encoder, Path | None]:
    """Load the model to build or update an index with, and give the folder of it where it is the index's own.

    An index keeps its own model, and as many dimensions of it as it has, also where the one is named from which
    that was adapted; any other that is named replaces it. Raises DamagedIndexError where an own model is damaged
    and none is named instead.
    """
    load_as_set = partial(load, query_prompt=query_prompt, passage_prompt=passage_prompt, dimensions=dimensions)
    encoder = load_as_set(named) if named else None
    try:
        folder, manifest = current(index)
        if has_own(manifest):
            own = folder / MODEL
            files = {name: wanted for name, wanted in manifest.files.items() if name.startswith(f"{MODEL}/")}
            verify(folder, replace(manifest, files=files))
            if encoder is None or encoder.identity.digest in (origin(own), manifest.model["digest"]):
                queries = manifest.model["query_prompt"] if query_prompt is None else query_prompt
                passages = manifest.model["passage_prompt"] if passage_prompt is None else passage_prompt
                return own_encoder(own, queries, passages, dimensions or manifest.model["dimension"]), own
    except NoIndexError:
        pass
    except (DamagedIndexError, MismatchError) as error:
        if encoder is None and any((folder / MODEL).is_dir() for folder in all_generations(index)):
            raise DamagedIndexError(
                f"the model that {index} was adapted to cannot be used any more ({str(error).split('. ')[0]}). "
                "Name the model to go on with, as in --model bundled"
            ) from error
    return encoder or load_as_set(), None


def own_encoder(folder: Path, query_prompt: str, passage_prompt: str, dimensions: int | None = None) -> Encoder:
    """Load a model that lies within an index, under a name that holds wherever the index lies."""
    encoder = load(str(folder), query_prompt=query_prompt, passage_prompt=passage_prompt, dimensions=dimensions)
    encoder.identity = replace(encoder.identity, name=OWN)
    return encoder


def origin(own: Path) -> str:
    """Give the digest of the model from which an index's own was adapted."""
    try:
        return str(json.loads((own / ORIGIN).read_text(encoding="utf-8"))["from"]["digest"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{own / ORIGIN} does not say what it was adapted from. Build the index again") from error
