#!/usr/bin/env python
"""The same as the `passage` command, for those who look for manage.py."""

from passage.config.cli import main

if __name__ == "__main__":
    main()
