"""The pages of the agent: the gate page (门卫页面) and the office pages (值班室页面). No rules of their own."""

from typing import Final

PACKAGE: Final = "edge_agent.pages"
"""Where templates, static files and the English catalogue of these pages lie."""
