"""A campus at work on one machine: simulator, broker, agent and center, each a process over its real protocol."""
