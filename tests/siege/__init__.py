"""Strangers who try to stop the server, beside a till that sells: python -m tests.siege --seconds 60 [--database postgresql]"""
