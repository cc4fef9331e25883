"""What a web server loads: `passage.config.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from passage.config.data_folder import UMASK
from passage.config.databases import WEB, hold_to
from passage.config.heads import bounded

os.umask(UMASK)  # for a web server that is not started by `passage serve`
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "passage.config.settings")
application = bounded(get_wsgi_application())
hold_to(WEB)
