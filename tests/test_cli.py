"""The command line as a user meets it: real processes, real exit codes, one line for what went wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import EXAMPLES


def call(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `spoergetime` as a process."""
    command = [sys.executable, "-m", "bot.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)


def asked(index: Path, question: str, *more: object) -> dict:  # type: ignore[type-arg]
    result = call("ask", question, "--index", index, "--json", *more)
    assert 0 == result.returncode, result.stderr
    answer: dict = json.loads(result.stdout)  # type: ignore[type-arg]
    return answer


def test_index_reports_in_json(tmp_path: Path) -> None:
    """Every key of the contract, and a second run that changes nothing."""
    (tmp_path / "docs").mkdir()
    shutil.copy(EXAMPLES / "notat-cykelparkering.md", tmp_path / "docs")
    (tmp_path / "docs" / "bad.pdf").write_bytes(b"%PDF broken")
    for added, unchanged in ((1, 0), (0, 1)):
        result = call("index", tmp_path / "docs", "--index", tmp_path / "index", "--json")
        assert 0 == result.returncode, result.stderr
        report = json.loads(result.stdout)
        keys = "generation documents passages added updated removed unchanged quarantined differing seconds"
        assert set(keys.split()) == report.keys()
        assert (1, added, unchanged) == (report["documents"], report["added"], report["unchanged"])
        assert ["bad.pdf"] == [entry["file"] for entry in report["quarantined"]]


def test_ask_prints_json_as_the_contract_says(examples_index: Path) -> None:
    """Keys, types and offsets of an answer."""
    answer = asked(examples_index, "Hvor mange skoler er med i Fælles Frokost?", "--top", 3)
    assert {"question", "searched", "answered", "confidence", "generation", "hits"} <= answer.keys()
    assert 3 == len(answer["hits"])
    first = answer["hits"][0]
    assert {"rank", "score", "text", "highlights", "section", "citation", "reference", "document"} <= first.keys()
    assert {"file", "sha256", "page", "start", "end", "line"} <= first["citation"].keys()
    document = "id title kind date number committee session asker party minister ministry status url"
    assert set(document.split()) <= first["document"].keys()
    assert "svar-buu-141-skolemad.pdf" == first["citation"]["file"]
    assert first["citation"]["page"] in (1, 2)
    assert "BUU alm. del, endeligt svar på spm. 141, 9. april 2025" == first["reference"]
    assert "udvalgssvar" == first["document"]["kind"]


def test_ask_is_readable_at_a_terminal(examples_index: Path) -> None:
    """The passage, its reference, and where it stands."""
    result = call("ask", "Hvor mange skoler er med i Fælles Frokost?", "--index", examples_index)
    assert 0 == result.returncode, result.stderr
    assert "31 skoler" in " ".join(result.stdout.split())
    assert "svar-buu-141-skolemad.pdf, page" in result.stdout


def test_explain_shows_why_each_passage_was_found(examples_index: Path) -> None:
    """The shares add up to the score."""
    for hit in asked(examples_index, "marsvin i Stavnsø Fjord", "--explain")["hits"]:
        why = hit["explain"]
        assert {"lexical", "dense", "sentence", "around", "superseded"} <= set(why["parts"])
        assert sum(why["parts"].values()) == pytest.approx(hit["score"], abs=1e-4)
        assert 0 <= why["lexical"] <= why["bm25"] <= 1 and 0 <= why["dense"] <= why["cosine"] <= 1
        weights = [term["weight"] for term in why["terms"]]
        assert weights == sorted(weights, reverse=True) and weights[-1] > 0
        for term in why["terms"]:
            assert all(word in hit["text"].lower() for word in (*term["words"], *term["compounds"]))
    first = {
        term["term"]: term
        for term in asked(examples_index, "hvaler i fjorden", "--explain")["hits"][0]["explain"]["terms"]
    }
    assert first["fjord"]["words"] and not first["fjord"]["stands_for"]
    assert any(term["stands_for"] == "hval" for term in first.values())


def test_a_batch_gives_one_answer_a_line(examples_index: Path, tmp_path: Path) -> None:
    """Lines in, lines out, in order."""
    questions = ["marsvin", "skolemad", "Hvad er prisen på en raket til Mars?"]
    batch = tmp_path / "batch.jsonl"
    batch.write_text("".join(json.dumps({"question": question}) + "\n" for question in questions), encoding="utf-8")
    result = call("ask", "--batch", batch, "--index", examples_index)
    assert questions == [json.loads(line)["question"] for line in result.stdout.splitlines()]


def test_filters_narrow_the_answer(examples_index: Path) -> None:
    """Each filter of the contract is an option."""
    hits = asked(examples_index, "Hvad gør ministeren?", "--kind", "§20-svar", "--until", "2012-12-31")["hits"]
    assert hits
    assert {"§20-svar"} == {hit["document"]["kind"] for hit in hits}
    options = "--since 2000-01-01 --until 2030-01-01 --kind udvalgssvar --ministry Børne --minister Ulla --asker Kasper"
    options += " --party ALT --committee BUU --session 20241"
    hits = asked(examples_index, "skolemad", *options.split())["hits"]
    assert {"svar-buu-141-skolemad.pdf"} == {hit["citation"]["file"] for hit in hits}


def test_show_gives_fields_and_sections(examples_index: Path) -> None:
    """By file name and by id, the same document."""
    result = call("show", "svar-buu-141-skolemad.pdf", "--index", examples_index, "--json")
    shown = json.loads(result.stdout)
    assert "141" == shown["document"]["number"]
    assert {"section", "speaker", "start", "end", "text"} <= shown["sections"][0].keys()
    assert shown == json.loads(call("show", shown["document"]["id"], "--index", examples_index, "--json").stdout)
    assert "number: 141" in call("show", "svar-buu-141-skolemad.pdf", "--index", examples_index).stdout


def test_citations_are_verified_and_a_changed_source_is_named(tmp_path: Path) -> None:
    """Every citation holds; after one byte of the source has changed, none of that file does."""
    documents = Path(shutil.copytree(EXAMPLES, tmp_path / "documents"))
    assert 0 == call("index", documents, "--index", tmp_path / "index").returncode
    answer = tmp_path / "a.json"
    result = call("ask", "Hvor mange skoler er med i Fælles Frokost?", "--index", tmp_path / "index", "--json")
    answer.write_text(result.stdout, encoding="utf-8")
    good = call("verify", answer)
    assert (0, "all 5 citations hold\n") == (good.returncode, good.stdout)
    first = json.loads(result.stdout)["hits"][0]["citation"]["file"]
    data = bytearray((documents / first).read_bytes())
    data[len(data) // 2] ^= 1
    (documents / first).write_bytes(data)
    bad = call("verify", answer)
    assert 1 == bad.returncode
    assert first in bad.stdout and first in bad.stderr


def test_a_citation_with_shifted_offsets_does_not_hold(examples_index: Path, tmp_path: Path) -> None:
    """Verification reads the source; it does not take the answer's word for it."""
    answer = asked(examples_index, "marsvin")
    for key, change in (("start", 3), ("end", -4), ("page", 1)):
        changed = json.loads(json.dumps(answer))
        citation = changed["hits"][0]["citation"]
        citation[key] = (citation[key] or 8) + change
        path = tmp_path / f"{key}.json"
        path.write_text(json.dumps(changed), encoding="utf-8")
        assert 1 == call("verify", path).returncode, key


def test_sources_that_moved_are_found_with_root(examples_index: Path, tmp_path: Path) -> None:
    """An answer can be checked on another machine that has the files elsewhere."""
    answer = asked(examples_index, "marsvin")
    for hit in answer["hits"]:
        hit["citation"]["root"] = "/nowhere"
    path = tmp_path / "a.json"
    path.write_text(json.dumps(answer), encoding="utf-8")
    assert 1 == call("verify", path).returncode
    assert 0 == call("verify", path, "--root", EXAMPLES).returncode


def test_check_passes_and_changes_nothing(examples_index: Path) -> None:
    """A sound index is said to be whole, and no file is touched."""
    before = {path: path.stat().st_mtime_ns for path in examples_index.rglob("*")}
    result = call("check", "--index", examples_index)
    assert 0 == result.returncode
    assert "is whole" in result.stdout
    assert before == {path: path.stat().st_mtime_ns for path in examples_index.rglob("*")}


def test_a_damaged_index_is_refused_by_check_and_ask(examples_index: Path, tmp_path: Path) -> None:
    """Both name the file."""
    copy = Path(shutil.copytree(examples_index, tmp_path / "index"))
    damaged = next((copy / "generations").glob("*/vectors.faiss"))
    data = bytearray(damaged.read_bytes())
    data[1000] ^= 1
    damaged.write_bytes(data)
    for words in (("check",), ("ask", "marsvin")):
        result = call(*words, "--index", copy)
        assert 1 == result.returncode
        assert "vectors.faiss" in result.stderr
        assert 1 == len(result.stderr.splitlines())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("index", "nowhere", "--index", "i"), 1, "nowhere"),
        (("index", "empty", "--index", "i"), 1, "no documents"),
        (("index", "empty/..", "--index", "note.txt"), 1, "note.txt is a file"),
        (("index", "note.txt", "--index", "i", "--model", "empty"), 1, "modules.json"),
        (("index", "note.txt", "--index", "i", "--model", "./none"), 1, "no model folder"),
        (("ask", "Hvad?", "--index", "none"), 1, "no index in none"),
        (("ask", "", "--index", "none"), 2, "empty"),
        (("ask", "x" * 10_000, "--index", "none"), 2, "10,000 characters"),
        (("ask", "--index", "none"), 2, "QUESTION"),
        (("ask", "Hvad?", "--index", "none", "--since", "i går"), 2, "--since"),
        (("ask", "Hvad?", "--index", "none", "--kind", "roman"), 2, "--kind roman"),
        (("ask", "--batch", "none.jsonl", "--index", "none"), 1, "none"),
        (("check", "--index", "none"), 1, "no index in none"),
        (("show", "x", "--index", "none"), 1, "no index in none"),
        (("serve", "--index", "none"), 1, "no index in none"),
        (("verify", "none.json"), 1, "none.json"),
        (("verify", "note.txt"), 1, "note.txt"),
        (("eval", "beir", "empty"), 1, "queries.jsonl"),
        (("eval", "beir", "empty", "--mode", "magic"), 2, "--mode magic"),
        (("eval", "run", "none.jsonl", "--index", "none"), 1, "no index in none"),
        (("eval", "compare", "none.a", "none.b"), 1, "none.a"),
        (("train", "--data", "empty", "--out", "model"), 1, "empty"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_clear_line(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    """What, where and what to do: one line, no traceback, and the right exit code."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").write_text("En note.", encoding="utf-8")
    result = call(*words, cwd=tmp_path)
    assert code == result.returncode, result.stderr
    assert said in result.stderr
    assert 1 == len(result.stderr.splitlines()), result.stderr
    assert "" == result.stdout


@pytest.mark.parametrize("words", [("ask",), ("index",), ("nonsense",), ("ask", "Hvad?", "--index", "i", "--nonsense")])
def test_wrong_use_is_exit_code_two(words: tuple[str, ...]) -> None:
    """A call that is not understood says how to call."""
    result = call(*words)
    assert 2 == result.returncode
    assert "Traceback" not in result.stderr


def test_a_citation_into_an_archive_is_verified(tmp_path: Path) -> None:
    """A member of a zip is named by the archive and its own name, and checked like any file."""
    import zipfile

    (tmp_path / "docs").mkdir()
    with zipfile.ZipFile(tmp_path / "docs" / "svar.zip", "w") as archive:
        archive.write(EXAMPLES / "svar-s1204-tandpleje.txt", "2010/tandpleje.txt")
    assert 0 == call("index", tmp_path / "docs", "--index", tmp_path / "index").returncode
    answer = asked(tmp_path / "index", "Hvor lang er ventetiden i specialtandplejen?")
    assert "svar.zip!/2010/tandpleje.txt" == answer["hits"][0]["citation"]["file"]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(answer), encoding="utf-8")
    assert 0 == call("verify", path).returncode
    (tmp_path / "docs" / "svar.zip").unlink()
    assert 1 == call("verify", path).returncode


def test_bytes_that_are_no_text_are_no_traceback(examples_index: Path) -> None:
    """A question or a name with bytes that are no UTF-8 is searched without them, or refused in one line."""
    for words in (("ask", b"marsvin \xff\xfe", "--json"), ("show", b"\xff")):
        command = [sys.executable, "-m", "bot.cli", *words, "--index", str(examples_index)]
        result = subprocess.run(command, capture_output=True, timeout=60)
        assert b"Traceback" not in result.stderr
        assert (0 if words[0] == "ask" else 1) == result.returncode
