"""The points' pictures on the office pages (图像完好), and stills for every page."""
