"""Patience with searches: a key may look for members so many times in a minute, and then waits.

Counted in the cache of the web process, which also forgets.
"""

from django.core.cache import cache

SEARCHES = 60
SECONDS = 60


def may_search(*, by: str) -> bool:
    """Counts one more search of ``by``; False when it is one too many. The first of a minute starts its clock."""
    name = f"searches:{by}"
    if cache.add(name, 1, SECONDS):
        return True
    try:
        return int(cache.incr(name)) <= SEARCHES
    except ValueError:  # the minute ended in this very moment
        cache.set(name, 1, SECONDS)
        return True
