"""A search engine for Chinese official speeches on clean government (廉政讲话)."""

__version__ = "0.1.0"
