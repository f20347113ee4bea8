"""What the connector relies on in the open data, and whether the service's own description still has it."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.errors import FetchError, UnreadableError
from corpus.xmltree import tree

NEEDED: dict[str, str] = {
    "Dokument": "id typeid kategoriid offentlighedskode titel dato spørgsmålsid opdateringsdato"
    " Fil DokumentAktør SagDokument SpørgsmålsDokument",
    "Fil": "id dokumentid filurl variantkode opdateringsdato",
    "Sag": "id typeid offentlighedskode nummer titel titelkort periodeid SagAktør",
    "SagDokument": "id sagid dokumentid bilagsnummer",
    "SagAktør": "id sagid aktørid rolleid",
    "DokumentAktør": "id dokumentid aktørid rolleid",
    "Aktør": "id typeid navn gruppenavnkort FraAktørAktør TilAktørAktør",
    "AktørAktør": "id fraaktørid tilaktørid startdato slutdato",
    "Periode": "id kode",
    "Sagstype": "id type",
    "Dokumenttype": "id type",
    "Dokumentkategori": "id kategori",
    "Aktørtype": "id type",
    "SagAktørRolle": "id rolle",
    "DokumentAktørRolle": "id rolle",
}
"""For each entity set, the fields and links that are read; `tests` hold it to what the code asks for."""


def missing(metadata: bytes, where: str) -> list[str]:
    """Name everything needed that a `$metadata` document lacks, as "Fil.filurl"; raise `FetchError` if it is none."""
    described, served = _entities(metadata, where)
    return list(_missing(described, served))


def _missing(described: dict[str, set[str]], served: set[str]) -> Iterator[str]:
    for entity, names in NEEDED.items():
        if entity not in described or entity not in served:
            yield entity
        else:
            yield from (f"{entity}.{name}" for name in names.split() if name not in described[entity])


def _entities(metadata: bytes, where: str) -> tuple[dict[str, set[str]], set[str]]:
    """Give the members of every entity type, and the types that are served as entity sets."""
    try:
        root = tree(metadata)
    except UnreadableError as error:
        raise FetchError(
            f"{where} is no description of data: {error}. Open it in a browser to see what it is"
        ) from error
    described: dict[str, set[str]] = {}
    for kind in root.iter("EntityType"):
        members = (one.get("Name", "") for one in kind if one.tag in ("Property", "NavigationProperty"))
        described.setdefault(kind.get("Name", ""), set()).update(members)
    sets = ((one.get("Name"), one.get("EntityType", "").rpartition(".")[2]) for one in root.iter("EntitySet"))
    return described, {kind for name, kind in sets if name == kind}
