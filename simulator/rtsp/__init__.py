"""RTSP 1.0 over TCP (interleaved), as cameras serve it: Digest log-in, H.264 and H.265, RTP with sender reports."""
