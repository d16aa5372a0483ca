"""Marks what needs a server of another tool."""


def pytest_configure(config):
    config.addinivalue_line("markers", "server: starts a real annotation server (needs  pip install label-studio)")
