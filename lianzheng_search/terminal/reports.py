"""What a run did to an index or an export, or proved -> a report, and the problems of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..messages import N_, _, ngettext, problem_text
from ..model import Problem
from ..text.characters import one_line
from ..text.width import cells
from .printing.layout import INDENT, fill, pad
from .printing.output import echo, secho, style, terminal_width

if TYPE_CHECKING:
    from ..export.manifests import Exported, Replayed
    from ..index.status import IndexSummary, Status
    from ..proof.proof import Proof

REMARKS_SHOWN = 10
"""Maximum number of remarks on files that are listed after a run."""
VERSION_NAMES = {
    "words": N_("words"),
    "watermarks": N_("watermarks"),
    "themes": N_("themes"),
    "encoding": N_("encoding"),
    "readers": N_("readers"),
    "limits": N_("limits"),
    "format": N_("index format"),
}
"""Name of each version that decides what is in an index; the others are packages."""
LEAST_FACT = 20
"""Minimum width of the second column of a status, in cells."""


def print_index_summary(summary: IndexSummary, seconds: float) -> None:
    """Print what an update did, then the problems."""
    # inside: reports of an export need nothing of the index
    from ..index.status import DAMAGE

    echo(
        _("{speeches} speeches, {passages} passages, {removed} watermark lines removed").format(
            speeches=summary.speeches, passages=summary.passages, removed=summary.removed_lines
        )
    )
    secho(
        _(
            "{added} files added, {updated} updated, {deleted} deleted, {unchanged} unchanged;"
            " {seconds:.1f} s"
        ).format(
            added=summary.added,
            updated=summary.updated,
            deleted=summary.deleted,
            unchanged=summary.unchanged,
            seconds=seconds,
        ),
        dim=True,
    )
    # where nothing was read, the rules removed nothing in this run
    if summary.removed_by_rule and (summary.added or summary.updated):
        rules = _("removed, by rule: {rules}").format(rules=_by_rule(summary))
        secho("\n".join(fill(rules, terminal_width())), dim=True)
    if summary.copies:
        echo(_copies(summary))
    if DAMAGE in summary.outdated:
        # said even though it is mended: a disk may be failing
        secho(_("the index was damaged; what was damaged is made anew"), fg="yellow")
    if changed := [_version_name(name) for name in summary.outdated if name != DAMAGE]:
        reread = _("all files read anew, for this has changed: {names}")
        secho(reread.format(names=", ".join(changed)), dim=True)
    _print_unread(summary.not_read)
    _print_news(summary)


def _print_unread(problems: Sequence[Problem]) -> None:
    """Print, on standard error, every file that is not in the index, with its reason."""
    if problems:
        head = ngettext(
            "{n} file is not in the index:", "{n} files are not in the index:", len(problems)
        )
        secho(head.format(n=len(problems)), err=True, bold=True)
        print_problems(problems)


def _print_news(summary: IndexSummary) -> None:
    """Print, on standard error, the first remarks on new and changed files; how to list all."""
    if summary.remarks:
        head = ngettext(
            "{n} remark on new and changed files:",
            "{n} remarks on new and changed files:",
            len(summary.remarks),
        )
        secho(head.format(n=len(summary.remarks)), err=True, bold=True)
        print_problems(summary.remarks[:REMARKS_SHOWN])
    # those of files that were there before are not said again each time
    told = len(summary.not_read) + len(summary.remarks[:REMARKS_SHOWN])
    if more := len(summary.problems) - told:
        text = ngettext(
            "{n} more remark: lianzheng status --problems",
            "{n} more remarks: lianzheng status --problems",
            more,
        )
        echo(text.format(n=more), err=True)


def print_waiting(writer: str) -> None:
    """Print, on standard error, for which process an index run waits."""
    echo(_("another run is writing this index ({writer}): waiting").format(writer=writer), err=True)


def print_problems(problems: Sequence[Problem], *, err: bool = True) -> None:
    """Print problems, one a line."""
    for problem in problems:
        echo(problem_text(problem), err=err)


def print_status(status: Status) -> None:
    """Print what is indexed, from what, and what has changed since."""
    _print_facts(_facts(status))
    summary, changes = status.summary, status.changes
    if summary.copies:
        echo(_copies(summary))
    for path, copy in summary.copies.items():
        share = _("{percent} % of it in {speech}").format(
            percent=int(100 * copy.share), speech=copy.of
        )
        echo(f"{INDENT}{path}  " + style(share, dim=True))
    for name in status.outdated:
        secho(_("changed since: {name}").format(name=_version_name(name)), fg="yellow")
    for sign, paths in (("+", changes.added), ("~", changes.updated), ("-", changes.deleted)):
        for path in paths:
            secho(f"{sign} {path}", fg="yellow")
    if status.outdated or changes:
        behind = _("The index is behind. Bring it up to date: {command}")
        echo(behind.format(command=status.update_command))
    else:
        echo(_("The index is up to date."))


def _facts(status: Status) -> list[tuple[str, str]]:
    summary = status.summary
    known = {
        _("with a date"): "date",
        _("with a speaker"): "speaker",
        _("with a source"): "source",
    }
    return [
        (_("files"), str(summary.files)),
        (_("speeches"), str(summary.speeches)),
        (_("passages"), str(summary.passages)),
        *((name, str(summary.known.get(key, 0))) for name, key in known.items()),
        (_("removed lines"), str(summary.removed_lines)),
        *(((_("removed, by rule"), _by_rule(summary)),) if summary.removed_by_rule else ()),
        (_("problems"), str(len(summary.problems))),
        (_("built"), status.built),
        (_("size"), f"{status.size / 1e6:.1f} MB"),
        *((_version_name(name), version) for name, version in status.versions.items()),
    ]


def _print_facts(facts: Sequence[tuple[str, str]]) -> None:
    width = max(cells(name) for name, _value in facts)
    across = terminal_width()
    room = None if across is None else max(LEAST_FACT, across - width - 2)
    for name, value in facts:
        indented = ("\n" + " " * (width + 2)).join(fill(value, room))
        echo(style(pad(name, width), dim=True) + "  " + indented)


def _copies(summary: IndexSummary) -> str:
    number = len(summary.copies)
    families = len({copy.of for copy in summary.copies.values()})
    copies = ngettext(
        "{n} speech is a copy or an excerpt of another",
        "{n} speeches are copies or excerpts of others",
        number,
    ).format(n=number)
    grouped = ngettext("{n} family", "{n} families", families).format(n=families)
    return _("{copies}: {families}").format(copies=copies, families=grouped)


def _by_rule(summary: IndexSummary) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in summary.removed_by_rule.items())


def _version_name(name: str) -> str:
    return _(VERSION_NAMES.get(name, name))


def print_exported(exported: Exported, output: Path) -> None:
    """Print, on standard error, how many rows of each query went into which files."""
    for name, rows in exported.counts.items():
        if name:
            # on standard error: standard output may be the export itself
            echo(f"{rows:>7}  {one_line(name)}", err=True)
    if len(exported.files) == 1 and exported.files[0] == output:
        written = ngettext(
            "{n} passage written to {file}", "{n} passages written to {file}", exported.rows
        )
        echo(written.format(n=exported.rows, file=output), err=True)
        return
    number = len(exported.files)
    files = ngettext("{n} file", "{n} files", number).format(n=number)
    written = ngettext(
        "{n} passage written to {files} in {folder}",
        "{n} passages written to {files} in {folder}",
        exported.rows,
    )
    echo(written.format(n=exported.rows, files=files, folder=output), err=True)


def print_replayed(replayed: Replayed) -> None:
    """Print what differs between an export and the same made again."""
    for query in replayed.queries:
        if query.same:
            echo(f"  {query.now:>7}  {one_line(query.name)}")
        else:
            same = query.then == query.now
            counts = str(query.now) if same else f"{query.then} → {query.now}"
            secho(f"~ {counts:>7}  {one_line(query.name)}", fg="yellow")
    for sign, speeches in (("~", replayed.changed), ("-", replayed.gone)):
        for speech in speeches:
            secho(f"{sign} {speech}", fg="yellow")
    for name, (then, now) in replayed.versions.items():
        secho(f"~ {_version_name(name)}: {then} → {now}", fg="yellow")
    if replayed.same:
        echo(_("Every row is as it was."))
    elif replayed.same_corpus:
        echo(_("The files are the same; the rules or the program differ."))
    else:
        echo(_("The corpus has changed since."))


def print_proof(proof: Proof) -> None:
    """Print the answers of the index and of the files side by side, and whether they agree."""
    # inside: reports of an index need nothing of a proof
    from ..export.proofs import facts, heads, legend, table, verdict
    from .printing.tables import print_table
    from .remarks import print_remark

    print_table(heads(), table(proof))
    print_remark(legend())
    for row in proof.rows:
        for place in row.differ:
            secho(f"~ {one_line(row.name)}  {place}", fg="yellow")
    echo("")
    _print_facts([(label, one_line(value)) for label, value in facts(proof)])
    secho(verdict(proof), fg=None if proof.same else "yellow", bold=True)
