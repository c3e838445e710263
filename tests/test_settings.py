"""Settings: three sources in rising strength, clear refusals, every one documented."""

from pathlib import Path

import pytest

from jointhq import cli
from jointhq.base.errors import BadInput
from jointhq.feeds.config import FeedTable
from jointhq.settings import describe, load


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


def test_the_command_says_what_is_wrong_in_one_line(capsys):
    assert cli.main(["serve", "--tak-port", "99999"]) == 2
    assert capsys.readouterr().err == ("jointhq: tak_port = '99999' (from --tak-port): Expected `int` <= 65535\n")
