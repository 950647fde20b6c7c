"""ONVIF behind one thin adapter: nothing outside this folder knows that zeep exists."""
