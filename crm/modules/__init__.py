"""Modules and fields, built in and custom, behind one registry."""
