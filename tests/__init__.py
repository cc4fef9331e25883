"""Tests that cross rooms; a room keeps its own beside its code."""
