"""
Speeches -> shards, Whoosh indexes that never change once written; shards -> `Backend`.

The only importer of whoosh. Elsewhere: which shards are current (``index.generations``).
"""
