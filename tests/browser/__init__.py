"""Everthread in a real Chromium: what people do, and what must not happen to them."""
