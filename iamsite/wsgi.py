"""The WSGI application that the server loads."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from .proxies import behind

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iamsite.settings")

application = behind(settings.IAMSITE_TRUSTED_PROXIES, get_wsgi_application())
