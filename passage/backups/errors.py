class BadBackup(Exception):
    """What is wrong with a file or its passphrase, in one sentence for whoever ran the command."""
