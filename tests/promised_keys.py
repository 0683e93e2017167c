"""The keys of rows that users and their scripts rely on, written out: fields may not be renamed."""

PASSAGE_KEYS = [
    "speech",
    "title",
    "date",
    "line",
    "column",
    "kind",
    "section",
    "section_number",
    "point",
    "text",
    "spans",
    "themes",
    "score",
]
SPEECH_KEYS = ["speaker", "venue", "source"]
KWIC_KEYS = ["speech", "title", "line", "section", "point", "left", "keyword", "right", "date"]
FILLING_KEYS = ["fills", "count", "speeches", "places"]
THEME_KEYS = ["theme", "passages", "speeches", "characters"]
EVIDENCE_KEYS = [
    "line",
    "column",
    "theme",
    "given",
    "score",
    "term",
    "where",
    "count",
    "points",
    "weight",
    "least",
    "shortfall",
]
SUGGESTION_KEYS = [
    "theme",
    "term",
    "weight",
    "inside",
    "outside",
    "times_inside",
    "times_outside",
    "log_likelihood",
    "log_ratio",
    "also_of",
    "speech",
    "line",
    "text",
    "spans",
    "toml",
]
CLOSE_KEYS = [
    "line",
    "section",
    "speech",
    "title",
    "close_line",
    "close_section",
    "closeness",
    "by_themes",
    "by_words",
    "themes",
    "words",
]
CHECK_KEYS = ["theme", "expected", "passed", "given", "text"]
PROFILE_KEYS = [
    "speech",
    "title",
    "line",
    "section",
    "theme",
    "passages",
    "of_passages",
    "characters",
    "of_characters",
]
