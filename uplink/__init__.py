"""The wire between campus and center: topics, messages, signatures, MQTT sessions. Shared by both ends.

What each end owes the other:

- Everything is signed (`envelope.seal`), and acted on only after `envelope.unseal` with the pinned keys.
- What lies in a campus's outbox (channels alarm and day) is sent until a `Receipt` for its event id comes, byte for
  byte the same, on every path at once. The center stores it first, then answers **every** copy with a receipt on
  the broker that the copy came from; its desk sees only the first.
- Heartbeats go both ways every 5 s on each path with QoS 0. No heartbeat for 15 s: that path is lost.
- A birth with a lower number than the latest is stale, a will counts only if its number is that of the latest birth.
- After each birth the center says again its acknowledgements and closures of alarms of the last seven days.
"""
