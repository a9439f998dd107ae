"""Reads a deal folder, once, at the border, into closed types."""
