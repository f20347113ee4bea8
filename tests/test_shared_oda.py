"""The open data's real description and stored replies, in the shared folder beside the repository."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from corpus.fetch.conditions import both, equal, not_before, number_of, text_of, time_of
from corpus.fetch.guest import Guest
from corpus.fetch.oda import Oda
from corpus.fetch.polite import Polite
from corpus.fetch.schema import NEEDED, missing
from corpus.fetch.scope import is_own
from tests.oda_records import entities
from tests.oda_server import StandIn

STORED = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "oda"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not STORED.is_dir(), reason="the shared data does not lie beside the repository"),
]


def metadata() -> bytes:
    return (STORED / "metadata.xml").read_bytes()


def test_the_real_schema_has_all_that_is_needed() -> None:
    """Nothing is missing; and of each thing needed the guard notices when it goes."""
    assert [] == missing(metadata(), "metadata.xml")
    for entity, names in NEEDED.items():
        for name in names.split():
            kind = re.search(rf'<EntityType Name="{entity}">.*?</EntityType>', metadata().decode(), re.DOTALL)
            assert kind is not None
            without = kind[0].replace(f'Property Name="{name}"', 'Property Name="x"')
            changed = metadata().decode().replace(kind[0], without)
            assert [f"{entity}.{name}"] == missing(changed.encode(), "metadata.xml")


def test_the_stand_in_has_the_shape_of_the_real_one() -> None:
    """Every field of a constructed record is a field of the real schema."""
    described = metadata().decode()
    for entity, rows in entities(3).items():
        kind = re.search(rf'<EntityType Name="{entity}">.*?</EntityType>', described, re.DOTALL)
        assert kind is not None, entity
        for name in {name for row in rows for name in row}:
            assert f'<Property Name="{name}"' in kind[0], f"{entity}.{name}"
    assert [] == missing(StandIn(3).metadata().encode(), "the stand-in")


@pytest.mark.parametrize("path", sorted(STORED.glob("Sag_*.json")), ids=lambda path: path.stem)
def test_real_cases_are_read(path: Path) -> None:
    """Number, kind and time of change of each stored case, and conditions on them hold as asked."""
    row = json.loads(path.read_bytes())
    changed = time_of(row, "opdateringsdato")
    assert changed is not None
    assert None not in (number_of(row, "id"), number_of(row, "typeid"), text_of(row, "nummer"), text_of(row, "titel"))
    where = both(
        [equal("typeid", row["typeid"]), equal("offentlighedskode", "O"), not_before("opdateringsdato", changed)]
    )
    assert where.holds(row)
    assert not equal("nummer", "S 0").holds(row)


def test_the_real_roles_are_read_as_a_table() -> None:
    """A stored page with its count in text: the roles by which the asker and the minister are found."""
    stored = (STORED / "SagAktoerRolle_collection.json").read_bytes()
    guest = Guest(
        sleep=lambda seconds: None, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=stored))
    )
    with Polite(["https://oda.ft.dk"], guest) as polite:
        oda = Oda(polite)
        roles = oda.tables().case_roles
    assert ("Spørger", "Minister", "Ministerområde") == (roles[10], roles[14], roles[6])
    assert (19, []) == (len(roles), oda.notes)
    assert is_own("§ 20-spørgsmål")
