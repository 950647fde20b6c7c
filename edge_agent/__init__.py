"""The agent put together: four roles, the command line, the pages, and what the rooms need of each other."""
