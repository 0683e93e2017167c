"""
Bytes of text in any encoding that Chinese is kept in -> text, with what is broken marked.

`decode` is the door; `encodings` says which encoding, `likelihood` how likely a text is, `broken`
what a damaged byte costs, `twice` undoes that a text was encoded twice.
"""
