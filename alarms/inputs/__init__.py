"""Where presses come from; each input ends in `AlarmLine.press`."""
