"""The REST face: resources and verbs mapped onto operations, JSON in and out.

Generic over the service models: routes.py says which operation answers where, and the rest
follows from the operation's shapes.
"""
