from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "iamsite.console"
    label = "console"
