"""
A folder of speeches -> a generation of the index on disk -> `Backend`.

In: files, rules. Out: the protocol that `search` asks; what changed; what is damaged.
``whoosh`` holds the shards and is the only importer of whoosh.
Elsewhere: what a hit is, and in which order hits come (``search``).
"""
