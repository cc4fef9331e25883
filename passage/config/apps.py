"""The roof as a Django app: it brings the commands and the checks."""

from django.apps import AppConfig


class Config(AppConfig):
    name = "passage.config"

    def ready(self) -> None:
        import passage.config.checks  # noqa: F401 - importing registers them
