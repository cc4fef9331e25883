"""The audit room as a Django app: it listens to the room below, which cannot call it by name."""

from django.apps import AppConfig


class Config(AppConfig):
    name = "passage.audit"

    def ready(self) -> None:
        from passage.audit.actions import note
        from passage.programme import witness

        witness.present(witness=note)
