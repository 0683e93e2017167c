"""
Numbers -> pictures: SVG with real text, which needs no font file, no script and no network.

In: series, places, shares. Out: one SVG, or a page around it.
Elsewhere: what is counted (``study``).
"""
