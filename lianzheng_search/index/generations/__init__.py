"""
An index directory -> its current generation; a new one is made current when it is whole.

In: shards and records. Out: a `Snapshot` that stays as it is, whatever is written meanwhile.
A generation is a few JSON files that say which shards hold which speeches. A shard is an index of
its own that never changes once it is written; generations share them. The manifest of a
generation has the checksums of all its files and of its shards' files, and CURRENT that of the
manifest: so one rename of CURRENT makes everything current that the new manifest names.
Elsewhere: what a shard holds (``index.whoosh``), what is written to it (``index.update``).
"""
