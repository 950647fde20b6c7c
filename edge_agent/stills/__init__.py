"""Looking at one thing (看一眼): a still of any point at any instant, with the time that it shows."""
