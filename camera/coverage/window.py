"""A rectangle of a grid's cells."""

from __future__ import annotations

from dataclasses import dataclass

Index = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Window:
    """Rows and columns from a first to one past the last."""

    bottom: int
    top: int
    left: int
    right: int

    @property
    def index(self) -> Index:
        """To take the window out of its grid."""
        return slice(self.bottom, self.top), slice(self.left, self.right)

    @property
    def size(self) -> int:
        """How many cells it has."""
        return (self.top - self.bottom) * (self.right - self.left)

    def within(self, outer: Window) -> Index:
        """To take the window out of the cells of one that holds it."""
        return (
            slice(self.bottom - outer.bottom, self.top - outer.bottom),
            slice(self.left - outer.left, self.right - outer.left),
        )

    def holds(self, row: int, column: int) -> bool:
        """True if the cell lies in it."""
        return self.bottom <= row < self.top and self.left <= column < self.right

    def overlaps(self, other: Window) -> bool:
        """True if both have a cell in common."""
        return (
            self.bottom < other.top and other.bottom < self.top and self.left < other.right and other.left < self.right
        )

    def common(self, other: Window) -> tuple[Index, Index] | None:
        """The part both share: to take it out of this window's cells and out of the other's; None if there is none."""
        if not self.overlaps(other):
            return None
        bottom, top = max(self.bottom, other.bottom), min(self.top, other.top)
        left, right = max(self.left, other.left), min(self.right, other.right)
        common = Window(bottom, top, left, right)
        return common.within(self), common.within(other)
