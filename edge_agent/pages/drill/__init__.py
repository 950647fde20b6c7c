"""Line tests on the office pages (报警线路演练)."""
