"""Passage: an open-source loyalty platform for shops, restaurants and chains."""
