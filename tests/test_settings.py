"""Settings: three sources in rising strength, clear refusals, every one documented."""

from pathlib import Path

import pytest

from jointhq import cli
from jointhq.base.errors import BadInput
from jointhq.feeds.config import FeedTable
from jointhq.settings import Settings, describe, load, page_url


def write(tmp_path, text):
    (tmp_path / "jointhq.toml").write_text(text)
    return {"data": str(tmp_path)}


def test_rising_strength(tmp_path):
    flags = write(tmp_path, "[tak]\nport = 1001\nidle_timeout_s = 7\n[web]\nport = 1002\n")
    env = {"JOINTHQ_TAK_PORT": "2001", "JOINTHQ_LOG_LEVEL": "debug"}
    loaded = load({**flags, "tak_port": "3001"}, env)
    assert (loaded.settings.tak_port, loaded.origins["tak_port"]) == (3001, "--tak-port")
    assert (loaded.settings.log_level, loaded.origins["log_level"]) == ("debug", "JOINTHQ_LOG_LEVEL")
    assert (loaded.settings.web_port, loaded.origins["web_port"]) == (1002, str(tmp_path / "jointhq.toml"))
    assert (loaded.settings.port_offset, loaded.origins["port_offset"]) == (0, "default")
    assert loaded.settings.tak_idle_timeout_s == 7.0


def test_feeds_come_from_the_file(tmp_path):
    flags = write(tmp_path, '[[feeds]]\nid = "ais"\nkind = "ais"\nurl = "udp://:10110"\n')
    assert load(flags, {}).feeds == [{"id": "ais", "kind": "ais", "url": "udp://:10110"}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tak]\nport = 70000", "tak_port = 70000"),
        ("[tak]\nprot = 1", "no setting 'tak_prot'"),
        ("port_offset = 'x'", "port_offset = 'x'"),
        ("[log]\nformat = 'yaml'", "log_format"),
        ("tak = [", "is not TOML"),
        ("feeds = 1", "[[feeds]]"),
        ("groups = 1", "[[groups]]"),
        ('[[groups]]\nname = "x"\n', "[[groups]]: Object missing required field `label`"),
    ],
)
def test_wrong_settings_name_themselves(tmp_path, text, says):
    with pytest.raises(BadInput, match=says.replace("[", r"\[")):
        load(write(tmp_path, text), {})


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(BadInput, match="can't read"):
        load({}, {}, tmp_path / "missing.toml")


def test_every_setting_says_what_it_means():
    for name, (_, meaning) in describe().items():
        assert meaning.endswith("."), name


def test_every_setting_is_documented():
    text = (Path(__file__).parents[1] / "docs" / "settings.md").read_text("utf-8")
    for name, (default, meaning) in describe().items():
        assert f"| `{name}` | `{default!r}` | {meaning} |" in text, f"docs/settings.md lacks {name}; run `make docs`"
    for name, (_, meaning) in describe(FeedTable).items():
        assert meaning.endswith("."), name
        assert f"| `{name}` |" in text, f"docs/settings.md lacks the feed's key {name}; run `make docs`"
        assert meaning in text


def test_the_command_prints_value_source_and_meaning(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("JOINTHQ_TAK_PORT", "9999")
    assert cli.main(["settings", "--data", str(tmp_path), "--web-port", "8001"]) == 0
    out = capsys.readouterr().out
    assert "tak_port = 9999  (JOINTHQ_TAK_PORT)\n    Port of TAK clients" in out
    assert "web_port = 8001  (--web-port)" in out


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--tak-port", "99999"], "tak_port = '99999' (from --tak-port): Expected `int` <= 65535"),
        (["--tak-idle-timeout-s", "inf"], "tak_idle_timeout_s = 'inf' (from --tak-idle-timeout-s): "),
        (["--tak-idle-timeout-s", "nan"], "tak_idle_timeout_s = 'nan' (from --tak-idle-timeout-s): "),
        (["--web-port", "60000", "--port-offset", "20000"], "web_port = 60000 with port_offset = 20000 makes 80000"),
        (["--data", ""], "data = '' (from --data): Expected `str` of length >= 1"),
        (["--data", "/proc/x"], "can't write to the data directory /proc/x"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_line(capsys, flags, says):
    assert cli.main(["serve", *flags]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"jointhq: {says}")
    assert err.count("\n") == 1


def test_what_the_system_refuses_is_said_in_one_line(tmp_path, capsys, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", "session.key")

    monkeypatch.setattr(cli, "Links", refuse)
    (tmp_path / "session.key").touch()
    assert cli.main(["link", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "jointhq: [Errno 13] Permission denied: 'session.key'\n"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("JOINTHQ_DATA", "", "data = '' (from JOINTHQ_DATA): "),
        ("JOINTHQ_TAK_PROT", "1", "there is no setting JOINTHQ_TAK_PROT; `jointhq settings` lists them all"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(capsys, monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    assert cli.main(["settings"]) == 2
    assert capsys.readouterr().err.startswith(f"jointhq: {says}")


def test_the_demos_directory_is_the_weakest_of_all(tmp_path):
    weak = {"data": "data/demo"}
    assert load({}, {}, defaults=weak).settings.data == "data/demo"
    assert load({}, {"JOINTHQ_DATA": "/x"}, defaults=weak).settings.data == "/x"
    assert load({"data": "/y"}, {"JOINTHQ_DATA": "/x"}, defaults=weak).settings.data == "/y"
    (tmp_path / "a.toml").write_text('data = "/z"')
    assert load({}, {}, tmp_path / "a.toml", defaults=weak).settings.data == "/z"


def test_the_command_says_where_a_feed_comes_from(tmp_path, capsys):
    write(tmp_path, '[[feeds]]\nid = "ais"\nkind = "ais"\nurl = "udp://:10110"\n')
    assert cli.main(["settings", "--data", str(tmp_path)]) == 0
    assert f"feed 'ais'  ({tmp_path / 'jointhq.toml'})\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("host", "named"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("hq.mil", "hq.mil")],
)
def test_the_pages_address_can_be_opened(host, named):
    assert page_url(Settings(web_host=host, web_port=8000, port_offset=5)) == f"http://{named}:8005/"


def test_a_link_needs_a_headquarters(tmp_path, capsys):
    assert cli.main(["link", "--data", str(tmp_path / "typo")]) == 2
    assert capsys.readouterr().err.startswith(f"jointhq: no headquarters has run on {tmp_path / 'typo'}")
    assert not (tmp_path / "typo").exists()
