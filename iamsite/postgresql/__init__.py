"""Django's PostgreSQL backend, with what happens in every call made cheap."""
