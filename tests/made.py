"""Small files of each format, made from what a test wants to stand in them."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = f'xmlns:w="{WORD}" xmlns:mc="urn:mc" xmlns:v="urn:v" xmlns:wps="urn:wps" xmlns:a="urn:a"'
SECTOR = 512
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def docx(body: str, **parts: str) -> bytes:
    """Make a docx; `parts` are styles, numbering, header, footer, comments, footnotes."""
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/{name}" Target="{name}.xml"/>'
        for n, name in enumerate(parts)
    )
    files = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
    }
    for name, content in parts.items():
        files[f"word/{name}.xml"] = f"<w:{name} {SPACES}>{content}</w:{name}>"
    return zipped(files)


def doc(text: str, *, header: str = "", latin: str = "") -> bytes:
    """Make a doc of two pieces: `text` in UTF-16, `latin` in one byte a character."""
    start = 0x800
    story = (text + header).encode("utf-16-le")
    main = bytearray(start) + story + latin.encode("cp1252")
    struct.pack_into("<HH", main, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", main, 0x0A, 0x0200)
    whole = len(text) + len(header)
    if latin:
        struct.pack_into("<I", main, 0x4C, whole + len(latin))
    else:
        struct.pack_into("<III", main, 0x4C, len(text), 0, len(header))
    pieces = [(0, start)]
    ends = [whole]
    if latin:
        pieces.append((0, (start + len(story)) * 2 | 0x40000000))
        ends.append(whole + len(latin))
    plc = struct.pack(f"<{len(ends) + 1}I", 0, *ends)
    plc += b"".join(struct.pack("<HIH", flags, place, 0) for flags, place in pieces)
    clx = b"\x02" + struct.pack("<I", len(plc)) + plc
    struct.pack_into("<II", main, 0x1A2, 0, len(clx))
    return compound({"WordDocument": bytes(main), "1Table": clx})


def compound(streams: Mapping[str, bytes]) -> bytes:
    """Make an OLE container; each stream is filled up to where small ones would go elsewhere."""
    sectors: list[bytes] = []
    table: list[int] = []
    entries = [_entry("Root Entry", 5, END, 0, child=1)]

    def add(data: bytes) -> int:
        first = len(sectors)
        for at in range(0, len(data), SECTOR):
            sectors.append(data[at : at + SECTOR].ljust(SECTOR, b"\0"))
            table.append(len(sectors))
        table[-1] = END
        return first

    for n, (name, data) in enumerate(streams.items(), start=1):
        data = data.ljust(4096, b"\0")
        follower = n + 1 if n < len(streams) else FREE
        entries.append(_entry(name, 2, add(data), len(data), right=follower))
    directory = add(b"".join(entries).ljust(SECTOR, b"\0"))
    table.append(FAT)
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(SECTOR, b"\0"))
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", header, 44, 1, directory, 0, 4096, END, 0, END, 0, len(sectors))
    header[80:] = struct.pack("<I", FREE) * 108
    return (
        bytes(header)
        + b"".join(sectors)
        + struct.pack(f"<{len(table)}I", *table).ljust(SECTOR, b"\xff")
    )


def _entry(
    name: str, kind: int, start: int, size: int, *, child: int = FREE, right: int = FREE
) -> bytes:
    letters = (name + "\0").encode("utf-16-le")
    entry = letters.ljust(64, b"\0") + struct.pack("<HBB", len(letters), kind, 1)
    entry += struct.pack("<III", FREE, right, child) + bytes(36)
    return entry + struct.pack("<IQ", start, size)


def pdf(pages: Sequence[Sequence[tuple[float, float, str]]], *, size: float = 16) -> bytes:
    """Make a PDF: each page is lines, (x, y, text), in points; a page of none is a picture."""
    used = sorted({c for page in pages for _x, _y, text in page for c in text})
    cmap = "\n".join(f"<{ord(c):04x}> <{ord(c):04x}>" for c in used)
    mapping = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def"
        " 1 begincodespacerange <0000> <ffff> endcodespacerange"
        f" {len(used)} beginbfchar\n{cmap}\nendbfchar endcmap end end"
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",
        "<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H"
        " /DescendantFonts [4 0 R] /ToUnicode 6 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /FontDescriptor 5 0 R /DW 1000"
        " /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        "<< /Type /FontDescriptor /FontName /A /Flags 4 /Ascent 880 /Descent -120 /ItalicAngle 0"
        " /CapHeight 880 /StemV 80 /FontBBox [0 -120 1000 880] >>",
        stream(mapping),
        stream("ABC", " /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8"
               " /ColorSpace /DeviceRGB"),
    ]  # fmt: skip
    kids = []
    for page in pages:
        content = "".join(
            f"BT /F {size} Tf {x} {y} Td <{text.encode('utf-16-be').hex()}> Tj ET\n"
            for x, y, text in page
        )
        objects.append(stream(content or "q 500 0 0 700 40 40 cm /I Do Q"))
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents"
            f" {len(objects)} 0 R /Resources << /Font << /F 3 0 R >>"
            " /XObject << /I 7 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    data = b"%PDF-1.7\n"
    places = []
    for n, content in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{n} 0 obj\n{content}\nendobj\n".encode("latin-1")
    rows = "".join(f"{place:010} 00000 n \n" for place in places)
    tail = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}trailer\n"
    tail += f"<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + tail.encode()


def stream(content: str, more: str = "") -> str:
    return f"<< /Length {len(content)}{more} >>\nstream\n{content}\nendstream"


def rtf(body: str) -> bytes:
    r"""Make rtf of text in which \ and braces are of the format."""
    escaped = "".join(
        c if c.isascii() else "".join(f"\\'{byte:02x}" for byte in c.encode("gbk")) for c in body
    )
    return (
        r"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fcharset134 SimSun;}}\f0 " + escaped + "}"
    ).encode()


def change_manifest(index_directory: Path, **facts: object) -> None:
    """Change what the manifest of an index says, and its checksum, as who forges one would."""
    current = index_directory / "CURRENT"
    name = current.read_text("utf-8").split()[0]
    file = index_directory / name / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | facts), "utf-8")
    current.write_text(f"{name} {crc32(file.read_bytes()):08x}\n", "utf-8")
