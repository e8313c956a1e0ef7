"""What answers every request, as a WSGI application: the AWS faces at `/`, Django for the rest."""

import os
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from .proxies import behind

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iamsite.settings")
_django = get_wsgi_application()

# The faces come after set-up, since operations know the models.
from .aws import application as _query  # noqa: E402
from .aws import is_query_request  # noqa: E402


def _dispatch(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    face = _query if is_query_request(environ) else _django
    return face(environ, start_response)


application = behind(settings.IAMSITE_TRUSTED_PROXIES, _dispatch)
