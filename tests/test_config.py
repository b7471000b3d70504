"""Settings are read strictly: what is missing, unknown or unreadable is named, and nothing secret has a default."""

from pathlib import Path

import pytest

from service_desk.config import ConfigError, load_config

GOOD = {
    "DATABASE_URL": "postgresql://desk_runtime@/desk",
    "REDIS_URL": "unix:///run/valkey.sock",
    "SERVICE_DESK_SECRET_KEY": "s" * 40,
    "SERVICE_DESK_SCOPE_KEY": "ab" * 32,
    "SERVICE_DESK_CREDENTIAL_KEYS": "new:" + "cd" * 32 + ",old:" + "ef" * 32,
    "SERVICE_DESK_BASE_URL": "https://desk.example.test/",
}


def test_it_reads_a_complete_environment() -> None:
    config = load_config(GOOD)
    assert config.database_url == "postgresql+psycopg://desk_runtime@/desk"
    assert [name for name, _ in config.credential_keys] == ["new", "old"]
    assert config.secure
    assert config.host == "desk.example.test"
    assert not config.allow_loopback_targets


@pytest.mark.parametrize("name", GOOD)
def test_it_names_a_setting_that_is_missing(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load_config({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVICE_DESK_SECRET_KEY", "short"),
        ("SERVICE_DESK_SCOPE_KEY", "ab" * 31),
        ("SERVICE_DESK_SCOPE_KEY", "not hexadecimal"),
        ("SERVICE_DESK_CREDENTIAL_KEYS", "cd" * 32),
        ("SERVICE_DESK_CREDENTIAL_KEYS", "new:cd"),
        ("SERVICE_DESK_ALLOW_LOOPBACK_TARGETS", "yes"),
        ("SERVICE_DESK_SECOND_FACTOR_OPTIONAL", "1"),
        ("SERVICE_DESK_TRUSTED_PROXIES", "-1"),
        ("SERVICE_DESK_SECRET_KEI", "a typing mistake"),
    ],
)
def test_it_refuses_what_it_cannot_read(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load_config({**GOOD, name: value})


def test_it_reads_a_secret_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("z" * 40 + "\n")
    env = {key: value for key, value in GOOD.items() if key != "SERVICE_DESK_SECRET_KEY"}
    assert load_config({**env, "SERVICE_DESK_SECRET_KEY_FILE": str(file)}).secret_key == "z" * 40
