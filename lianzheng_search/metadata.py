"""A speech -> its metadata."""
