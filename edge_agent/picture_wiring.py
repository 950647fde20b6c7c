"""The points' pictures in the office (图像完好): the pages, made of the role's files."""

from __future__ import annotations

from fastapi import APIRouter

from edge_agent.pages.picture.routes import PictureDeps, picture_routes
from edge_agent.pages.picture.still_routes import Looked
from edge_agent.role import RoleContext


def picture_pages(context: RoleContext, looked: Looked) -> APIRouter:
    """The pages; `looked` writes into the access log."""
    return picture_routes(
        PictureDeps(
            clock=context.clock,
            cameras=context.state.database("cameras"),
            names={point.id: point.name for point in context.settings.points},
            journal=context.journal,
            looked=looked,
        )
    )
