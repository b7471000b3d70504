"""Environment -> Config. Strict: a secret has no default, an unknown name is refused, a switch is `true` or `false`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


class ConfigError(RuntimeError):
    """A setting is missing or cannot be read; the message names the setting and what it wants, in both languages."""


@dataclass(frozen=True)
class Config:
    """Everything the environment decides. URLs are SQLAlchemy or Redis URLs; keys are raw bytes."""

    database_url: str
    redis_url: str
    secret_key: str
    scope_key: bytes
    credential_keys: tuple[tuple[str, bytes], ...]
    base_url: str
    database_owner_url: str | None = None
    database_backup_url: str | None = None
    mail_url: str | None = None
    mail_from: str = "Service Desk <desk@localhost>"
    mail_folder: Path | None = None
    trusted_proxies: int = 0
    allow_loopback_targets: bool = False
    second_factor_optional: bool = False

    @property
    def secure(self) -> bool:
        """True where people reach the desk over TLS; cookies are then Secure and HSTS is sent."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def host(self) -> str:
        """Host (with port, when one is given) that links carry and requests must name."""
        return urlsplit(self.base_url).netloc


PREFIX = "SERVICE_DESK_"
_PLAIN = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL", "REDIS_URL")
_PREFIXED = (
    "SECRET_KEY",
    "SCOPE_KEY",
    "CREDENTIAL_KEYS",
    "BASE_URL",
    "MAIL_URL",
    "MAIL_FROM",
    "MAIL_FOLDER",
    "TRUSTED_PROXIES",
    "ALLOW_LOOPBACK_TARGETS",
    "SECOND_FACTOR_OPTIONAL",
)


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings from the environment. `NAME_FILE` may name a file that holds the value of `NAME`.

    Raises ConfigError naming the first setting that is missing or wrong.
    """
    env = _Environment(os.environ if environ is None else environ)
    return Config(
        database_url=_database(env.need("DATABASE_URL")),
        database_owner_url=_database(env.get("DATABASE_OWNER_URL")) or None,
        database_backup_url=_database(env.get("DATABASE_BACKUP_URL")) or None,
        redis_url=env.need("REDIS_URL"),
        secret_key=_long_enough("SECRET_KEY", env.need("SECRET_KEY")),
        scope_key=_key("SCOPE_KEY", env.need("SCOPE_KEY")),
        credential_keys=_keys(env.need("CREDENTIAL_KEYS")),
        base_url=env.need("BASE_URL").rstrip("/"),
        mail_url=env.get("MAIL_URL") or None,
        mail_from=env.get("MAIL_FROM") or Config.mail_from,
        mail_folder=Path(folder) if (folder := env.get("MAIL_FOLDER")) else None,
        trusted_proxies=_count("TRUSTED_PROXIES", env.get("TRUSTED_PROXIES")),
        allow_loopback_targets=_switch("ALLOW_LOOPBACK_TARGETS", env.get("ALLOW_LOOPBACK_TARGETS")),
        second_factor_optional=_switch("SECOND_FACTOR_OPTIONAL", env.get("SECOND_FACTOR_OPTIONAL")),
    )


class _Environment:
    """The environment with `NAME_FILE` indirection; refuses names of ours that nobody reads."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        known = {PREFIX + name + ending for name in _PREFIXED for ending in ("", "_FILE")}
        for name in sorted(set(filter(lambda n: n.startswith(PREFIX), environ)) - known):
            raise ConfigError(f"{name}: no such setting / 没有这个设置项")

    def get(self, name: str) -> str:
        full = name if name in _PLAIN else PREFIX + name
        if file := self.environ.get(full + "_FILE"):
            return Path(file).read_text(encoding="utf-8").strip()
        return self.environ.get(full, "").strip()

    def need(self, name: str) -> str:
        if value := self.get(name):
            return value
        full = name if name in _PLAIN else PREFIX + name
        raise ConfigError(f"{full} is not set; it has no default / 未设置 {full}，该项没有默认值")


def _database(url: str) -> str:
    """Name the driver, so that a plain postgresql:// URL works as people write it."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _long_enough(name: str, value: str) -> str:
    if len(value) < 32:
        raise ConfigError(f"{PREFIX}{name} needs at least 32 characters / 至少 32 个字符")
    return value


def _key(name: str, value: str) -> bytes:
    try:
        key = bytes.fromhex(value)
    except ValueError:
        raise ConfigError(f"{PREFIX}{name} must be hexadecimal / 必须是十六进制") from None
    if len(key) != 32:
        raise ConfigError(f"{PREFIX}{name} must be 32 bytes (64 hex digits) / 必须是 32 字节（64 位十六进制）")
    return key


def _keys(value: str) -> tuple[tuple[str, bytes], ...]:
    """`id:hex,id:hex`; the first one seals, the others still open what they once sealed."""
    pairs = [part.strip().partition(":") for part in value.split(",")]
    if any(not name or not colon for name, colon, _ in pairs):
        raise ConfigError(f"{PREFIX}CREDENTIAL_KEYS reads id:hex[,id:hex…] / 格式为 id:hex[,id:hex…]")
    return tuple((name, _key("CREDENTIAL_KEYS", key)) for name, _, key in pairs)


def _switch(name: str, value: str) -> bool:
    if value not in ("", "true", "false"):
        raise ConfigError(f"{PREFIX}{name} is true or false / 只能是 true 或 false")
    return value == "true"


def _count(name: str, value: str) -> int:
    if value and not value.isdecimal():
        raise ConfigError(f"{PREFIX}{name} is a whole number / 必须是整数")
    return int(value or 0)
