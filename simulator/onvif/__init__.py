"""The ONVIF side of a simulated camera: device, media (old and new), events; SOAP 1.2 over HTTP with WS-Security."""
