"""Vehicles on the gate page (车辆)."""
