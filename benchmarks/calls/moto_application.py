"""moto's server as a WSGI application, as its own command makes it; gunicorn loads this module."""

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

application = DomainDispatcherApplication(create_backend_app)
