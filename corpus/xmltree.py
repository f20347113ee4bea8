"""Reading XML from elsewhere as a tree: by the standard library's expat, and nothing but elements and text."""

from __future__ import annotations

from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from corpus.errors import UnreadableError

_DEEPEST = 100  # elements within each other
_MOST = 1_000_000  # elements


def tree(data: bytes) -> Element:
    """Give the root of an XML document, names without their namespaces; raise `UnreadableError` where it is none.

    A document that declares a type of its own is refused before anything of it is read: that is where entities come
    from, which name files and addresses, or unpack to gigabytes.
    """
    builder, depth, count = TreeBuilder(), 0, 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _DEEPEST or count > _MOST:
            raise UnreadableError("the XML holds more elements, or more within each other, than any record does")
        builder.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(name))

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, builder.data
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = f"the XML is damaged in line {error.lineno} ({expat.ErrorString(error.code)}). Fetch it again"
        raise UnreadableError(reason) from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know
        raise UnreadableError(f"the XML cannot be decoded ({error}). Save it as UTF-8") from error
    return builder.close()


def text_of(element: Element | None) -> str | None:
    """Give all the text within an element on one line; None where there is none."""
    return (" ".join("".join(element.itertext()).split()) or None) if element is not None else None


def _refuse(*_: object) -> NoReturn:
    raise UnreadableError("the XML declares a type or entities of its own, which are not read. Save it without them")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
