"""The product's settings, with one more address: an empty answer behind the same key, to compare with."""

from passage.config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
