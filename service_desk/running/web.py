"""The web server: gunicorn with threads, set up in code."""

import os
from typing import Any

from gunicorn.app.base import BaseApplication

from service_desk import arriving, create_app, load_pages
from service_desk.config import Config
from service_desk.scope import Walls

load_pages()  # With the module, as whoever imports it means to serve.


class Web(BaseApplication):  # type: ignore[misc]
    """Our application under gunicorn. It is loaded once, before the processes fork, and nothing is connected yet."""

    def __init__(self, config: Config, bind: list[str]) -> None:
        self.config, self.bind = config, bind
        super().__init__()

    def load_config(self) -> None:
        """Two processes of eight threads unless WEB_CONCURRENCY says otherwise."""
        chosen = {
            "bind": self.bind,
            "worker_class": "gthread",
            "workers": int(os.environ.get("WEB_CONCURRENCY", "2")),
            "threads": 8,
            "preload_app": True,
            "control_socket_disable": True,
            "timeout": 60,
            "graceful_timeout": 10,
            "keepalive": 5,
            "post_fork": _own_connections,
            "proc_name": "service-desk-web",
            "loglevel": "warning",
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The WSGI application."""
        with arriving(to_stay=True):
            return create_app(self.config)


def _own_connections(_arbiter: object, _worker: object) -> None:
    """A connection must not be shared between processes; what the parent may have opened is left to it."""
    Walls.engine.dispose(close=False)


def serve(config: Config, bind: list[str]) -> None:
    """Serve until a signal ends it."""
    Web(config, bind).run()
