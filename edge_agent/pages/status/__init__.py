"""What the agent knows about itself at one moment (总览), and the five answers drawn from it."""
