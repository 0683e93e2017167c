"""The rooms and what each may import."""

from __future__ import annotations

import ast
from pathlib import Path

import lianzheng_search

LAYERS = [
    {"model", "marks"},
    {"checked", "language", "radicals", "stopping"},
    {"decoding", "metadata"},
    {"index_lock", "limits", "numbering", "whole_files", "word_numbering"},
    {"own_files", "read_doc", "read_docx", "read_html", "read_pdf", "read_rtf", "read_zip"},
    {"analysis", "concordance", "reading", "themes", "lines", "rules", "edits"},
    {"points", "theme_files", "measures"},
    {"headings"},
    {"structure"},
    {"pages", "query"},
    {"cleaning", "gaps"},
    {"corpus_files", "backends", "learning", "ledger"},
    {"kwic"},
    {"shard", "matching", "families", "selection"},
    {"counting", "slots", "hints"},
    {"scanning", "attribution", "likeness"},
    {"marked", "citations", "word_counts"},
    {"quotations"},
    {"theme_study"},
    {"theme_suggest", "theme_close"},
    {"shard_files"},
    {"whoosh_index", "shard_writing"},
    {"generations"},
    {"indexing"},
    {"excerpts", "references"},
    {"batch"},
    {"bundle"},
    {"how_made", "docx_parts"},
    {"write_text"},
    {"export", "query_lists", "xlsx_cells"},
    {"write_xlsx", "write_docx", "write_html"},
    {"batch_files", "theme_rows"},
    {"plots", "heading_patterns", "repeats"},
    {"heading_bank", "ngrams", "phrase_units"},
    {"phrase_variants"},
    {"set_phrases"},
    {"opened"},
    {"study"},
    {"search"},
    {"screen"},
    {"render"},
    {"render_counts", "render_headings", "render_repeats", "render_said", "render_themes"},
    {"options"},
    {
        "cli_search",
        "cli_counts",
        "cli_export",
        "cli_files",
        "cli_headings",
        "cli_help",
        "cli_repeats",
        "cli_said",
        "cli_themes",
    },
    {"cli"},
    {"__main__"},
]
PACKAGE = Path(lianzheng_search.__file__).parent
ONLY_IMPORTERS = {
    "jieba": {"analysis"},
    "rjieba": {"analysis"},
    "whoosh": {"shard", "shard_files", "shard_writing", "whoosh_index"},
}


def imports(module: str) -> tuple[set[str], set[str]]:
    """Give the modules of ours and the top-level packages that a module imports when it runs."""
    ours, theirs = set(), set()
    tree = ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))
    typing_only = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.level:
            ours |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            theirs.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            theirs |= {alias.name.partition(".")[0] for alias in node.names}
    return ours - {"__version__"}, theirs


def test_every_module_has_a_layer():
    """No module stands outside of the rooms."""
    modules = {file.stem for file in PACKAGE.glob("*.py")} - {"__init__"}
    assert modules == set().union(*LAYERS)


def test_a_module_imports_only_from_layers_above_its_own():
    """The flow has one direction."""
    above: set[str] = set()
    for layer in LAYERS:
        for module in layer:
            assert imports(module)[0] <= above, module
        above |= layer


def test_each_engine_has_one_importer():
    """What is behind a room's door stays there."""
    for package, only in ONLY_IMPORTERS.items():
        importers = {m for layer in LAYERS for m in layer if package in imports(m)[1]}
        assert importers == only, package
