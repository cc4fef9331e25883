"""What a web server loads: `passage.config.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from passage.config.data_folder import UMASK

os.umask(UMASK)  # for a web server that is not started by `passage serve`
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "passage.config.settings")
application = get_wsgi_application()
