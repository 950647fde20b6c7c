"""The alarm on screens (一键报警): the gate's button, the second door, what the office shows and says of each."""
