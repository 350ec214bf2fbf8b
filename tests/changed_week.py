"""A week's file of a test, with one place of it changed, as it is read."""

from wfm.settings import read_week


def changed_week(file, tmp_path, old="", new=""):
    assert old in file
    path = tmp_path / "week.yaml"
    path.write_text(file.replace(old, new, 1), encoding="utf-8")
    return read_week(path)
