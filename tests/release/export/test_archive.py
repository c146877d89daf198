import os
import zipfile

from rrcat.release.export.archive import write_zip


def test_neither_date_nor_rights_nor_order_of_the_files_show(tmp_path):
    names = ["b/two.txt", "a.txt", "b/one.txt"]
    written = []
    for turn, mode in enumerate((0o644, 0o444)):
        files = {}
        for name in names if turn else reversed(names):
            path = tmp_path / str(turn) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name * 1000)
            os.utime(path, (1e9 * (turn + 1),) * 2)
            path.chmod(mode)
            files[name] = path
        write_zip(files, tmp_path / f"{turn}.zip")
        written.append((tmp_path / f"{turn}.zip").read_bytes())
    assert written[0] == written[1]


def test_what_was_put_in_comes_out_in_the_order_of_names(tmp_path):
    (tmp_path / "large.bin").write_bytes(bytes(3 << 20))
    write_zip({"z.json": b"{}", "large.bin": tmp_path / "large.bin"}, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["large.bin", "z.json"]
        assert archive.read("z.json") == b"{}"
        assert archive.read("large.bin") == bytes(3 << 20)
        for told in archive.infolist():
            assert told.date_time == (1980, 1, 1, 0, 0, 0)
            assert told.external_attr >> 16 == 0o100644
