"""The languages that Signalbox speaks, by their own names."""

LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("pl", "Polski"),
    ("zh-hans", "简体中文"),
]
