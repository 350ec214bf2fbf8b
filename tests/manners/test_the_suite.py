"""How the tests themselves are run: what is dear is made once, and the longest files begin."""

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from longest_first import LONGEST, TESTS, longest_first
from made_once import made_once


def count(folder, word):
    """Write down that it was made, slowly."""
    time.sleep(0.05)
    with (folder / "made").open("a") as file:
        file.write(f"{word}\n")
    return {"word": word}


def test_several_who_ask_at_once_get_what_one_of_them_made(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: made_once(tmp_path / "kept", count, tmp_path, "a"), range(4)))
    assert found == [{"word": "a"}] * 4
    assert made_once(tmp_path / "kept", count, tmp_path, "b") == {"word": "b"}
    assert (tmp_path / "made").read_text().split() == ["a", "b"]


def test_what_could_not_be_made_is_tried_again(tmp_path):
    for _ in range(2):
        with pytest.raises(FileNotFoundError, match="nowhere"):
            made_once(tmp_path / "kept", count, tmp_path / "nowhere", "a")


def test_the_longest_files_are_there_and_begin():
    assert [name for name in LONGEST if not (TESTS / name).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)
    files = [TESTS / "test_hours.py", TESTS / LONGEST[1], TESTS / "test_nouns.py", TESTS / LONGEST[0]]
    items = [SimpleNamespace(path=path) for path in files]
    longest_first(items)
    assert [item.path for item in items] == [files[3], files[1], files[0], files[2]]
