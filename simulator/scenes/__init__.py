"""What the simulated cameras look at: a school gate (校门) and a corridor (走廊), drawn from geometry."""
