from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "denghuo.demo"
    label = "demo"
    verbose_name = "模拟省"
