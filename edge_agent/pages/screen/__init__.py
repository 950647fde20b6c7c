"""Gate screens (门卫终端): enrolled, known by their cookie, ended."""
