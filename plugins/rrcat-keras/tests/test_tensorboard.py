"""Event files, when they are asked for."""

from rrcat_keras.tensorboard import Events


def test_numbers_of_each_epoch_are_on_disk_at_once(tmp_path):
    events = Events(tmp_path / "events")
    events.write(0, loss=0.5, score=0.25)
    (file,) = (tmp_path / "events").iterdir()
    first = file.read_bytes()
    assert file.name.startswith("events.out.tfevents")
    assert b"score" in first
    assert b"scalars" in first
    events.write(1, loss=0.4, score=0.2)
    assert len(file.read_bytes()) > len(first)


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Events(None).write(0, loss=0.5)
    assert not list(tmp_path.iterdir())
