"""Office files with everything in them that people forget; every secret begins with `canary`."""

from dirty import PROPERTIES, ROOT, R, W, jpeg, png, relations, types, zipped

A = "http://schemas.openxmlformats.org/drawingml/2006/main"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
V = "urn:schemas-microsoft-com:vml"
O = "urn:schemas-microsoft-com:office:office"  # noqa: E741


def _field(code: str, shown: str) -> str:
    return (f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> {code} </w:instrText></w:r><w:r><w:fldChar '
            f'w:fldCharType="separate"/></w:r><w:r><w:t>{shown}</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>')


_BY = 'w:id="1" w:author="canaryauthor" w:date="2024-05-06T07:08:09Z"'
BODY = f"""<w:document xmlns:w="{W}" xmlns:r="{R}" xmlns:a="{A}" xmlns:v="{V}" xmlns:o="{O}"
 xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"
 xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><!-- canarynote --><w:body>
<w:p w:rsidR="00CA0001" w14:paraId="0CA0CA01"><w:r w:rsidRPr="00CA0002"><w:t xml:space="preserve">Words to keep</w:t></w:r>
<w:ins {_BY}><w:r><w:t> and inserted</w:t></w:r></w:ins><w:del {_BY}><w:r><w:delText>canarydeleted</w:delText></w:r></w:del>
<w:moveFrom {_BY}><w:r><w:t>canarymoved</w:t></w:r></w:moveFrom><w:moveTo {_BY}><w:r><w:t> and moved</w:t></w:r></w:moveTo>
<w:commentRangeStart w:id="7"/><w:r><w:rPr><w:b/><w:rPrChange {_BY}><w:rPr/></w:rPrChange></w:rPr><w:t> and bold</w:t></w:r>
<w:commentRangeEnd w:id="7"/><w:r><w:commentReference w:id="7"/></w:r>
<w:r><w:rPr><w:vanish/></w:rPr><w:t>canaryhiddenwords</w:t></w:r></w:p>
<w:p><w:pPr><w:rPr><w:del {_BY}/></w:rPr></w:pPr><w:del {_BY}><w:r><w:delText>canaryparagraph</w:delText></w:r></w:del></w:p>
<w:tbl><w:tr><w:trPr><w:del {_BY}/></w:trPr><w:tc><w:p><w:r><w:t>canaryrow</w:t></w:r></w:p></w:tc></w:tr>
<w:tr><w:trPr><w:ins {_BY}/></w:trPr><w:tc><w:p><w:r><w:t>A row to keep</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
<w:p><w:fldSimple w:instr=" AUTHOR "><w:r><w:t>canaryfield</w:t></w:r></w:fldSimple>{_field("USERNAME", "canaryuser")}
{_field("PAGE", "12")}{_field('INCLUDEPICTURE "http://canaryfetch.example/a.png"', "A shown result")}
{_field('HYPERLINK "file:///C:/canaryhome/x"', "A lost link")}</w:p>
<w:p><w:hyperlink r:id="h1"><w:r><w:t>A web link</w:t></w:r></w:hyperlink><w:hyperlink r:id="h2"><w:r><w:t>A mail link</w:t>
</w:r></w:hyperlink></w:p>
<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="canarypicture.jpg" descr="C:\\canary\\photo.jpg"/><a:graphic>
<a:blip r:embed="i1"/><a:path><a:moveTo><a:pt x="1" y="2"/></a:moveTo></a:path></a:graphic></wp:inline></w:drawing></w:r>
<w:r><w:pict><v:shape o:title="canarytitle" alt="A river"><v:imagedata r:id="i2" o:title="canaryvml"/></v:shape></w:pict></w:r>
<w:r><w:drawing><a:blip r:link="i3"/></w:drawing></w:r></w:p>
<w:permStart w:id="3" w:ed="canaryeditor"/><w:sectPr w:rsidR="00CA0003"><w:headerReference r:id="hd"/></w:sectPr></w:body>
</w:document>"""


def docx(**changed: bytes | str) -> bytes:
    """A text with changes, comments, people, fields and pictures that know where they were taken."""
    word = f'xmlns:w="{W}" xmlns:r="{R}"'
    return zipped({
        "[Content_Types].xml": types("word__document", "wordprocessingml.document.main", word__settings=
                                     "wordprocessingml.settings", word__comments="wordprocessingml.comments",
                                     word__header1="wordprocessingml.header"),
        "_rels/.rels": relations(("r1", "officeDocument", "word/document.xml"), *ROOT), **PROPERTIES,
        "word/document.xml": BODY,
        "word/_rels/document.xml.rels": relations(
            ("s", "settings", "settings.xml"), ("c", "comments", "comments.xml"), ("i1", "image", "media/canaryname.jpeg"),
            ("i2", "image", "media/image2.png"), ("i3", "image", "http://canarypixel.example/x.png"), ("hd", "header", "header1.xml"),
            ("h1", "hyperlink", "https://web.example/page"), ("h2", "hyperlink", "mailto:canarymail@example.org"),
            ("p", "http://schemas.microsoft.com/office/2011/relationships//people", "people.xml"),
            ("x", "customXml", "../customXml/item1.xml"), outside=("i3", "h1", "h2")),
        "word/header1.xml": f'<w:hdr {word}><w:p w:rsidR="00CA0004"><w:r><w:t>A header to keep</w:t></w:r></w:p></w:hdr>',
        "word/settings.xml": f'<w:settings {word}><w:zoom w:percent="100"/><w:attachedTemplate r:id="t"/><w:rsids><w:rsid '
                             'w:val="00CA0005"/></w:rsids><w:docVars><w:docVar w:name="canaryvar"/></w:docVars></w:settings>',
        "word/_rels/settings.xml.rels": relations(("t", "attachedTemplate", "file:///C:/canarytemplate.dotx"), outside=("t",)),
        "word/comments.xml": f'<w:comments {word}><w:comment w:author="canaryauthor"><w:p>canarycomment</w:p></w:comment></w:comments>',
        "word/people.xml": "<people>canaryperson</people>", "word/media/canaryname.jpeg": jpeg(), "word/media/image2.png": png(),
        **changed})


def xlsx() -> bytes:
    """A table with comments, a link into another file, a printer and the path of its folder."""
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    return zipped({
        "[Content_Types].xml": types("xl__workbook", "spreadsheetml.sheet.main", xl__sheet="spreadsheetml.worksheet",
                                     xl__sharedStrings="spreadsheetml.sharedStrings"),
        "_rels/.rels": relations(("r1", "officeDocument", "xl/workbook.xml"), *ROOT), **PROPERTIES,
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{R}" xmlns:mc="{mc}"><fileSharing userName="canaryuser"/>'
                           f'<workbookPr codeName="canarycode"/><mc:AlternateContent><mc:Choice Requires="x15"><x15ac:absPath url='
                           '"C:\\canarypath" xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac"/></mc:Choice>'
                           '</mc:AlternateContent><sheets><sheet name="Kept" sheetId="1" r:id="s"/></sheets><externalReferences>'
                           '<externalReference r:id="e"/></externalReferences><definedNames><definedName name="x">[1]canary!A1'
                           '</definedName></definedNames></workbook>',
        "xl/_rels/workbook.xml.rels": relations(("s", "worksheet", "/xl/sheet.xml"), ("t", "sharedStrings", "sharedStrings.xml"),
                                                ("e", "externalLink", "external.xml"), ("n", "connections", "connections.xml")),
        "xl/sheet.xml": f'<worksheet xmlns="{MAIN}" xmlns:r="{R}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>'
                        '[1]canarysheet!A1+1</f><v>42</v></c><c r="C1"><f>B1*2</f><v>84</v></c></row></sheetData><pageSetup '
                        'orientation="landscape" r:id="p"/><legacyDrawing r:id="v"/></worksheet>',
        "xl/_rels/sheet.xml.rels": relations(("p", "printerSettings", "printer.bin"), ("v", "vmlDrawing", "notes.vml"),
                                             ("c", "comments", "comments.xml")),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>Words to keep</t></si></sst>',
        "xl/external.xml": "<externalLink>canaryexternal</externalLink>", "xl/printer.bin": b"canaryprinter",
        "xl/comments.xml": "<comments>canarycomment</comments>", "xl/notes.vml": "<xml>canarynotes</xml>",
        "xl/connections.xml": "<connections>canaryconnection</connections>"})


def pptx() -> bytes:
    """One slide with a comment, a tag and an author."""
    return zipped({
        "[Content_Types].xml": types("ppt__presentation", "presentationml.presentation.main", ppt__slide="presentationml.slide"),
        "_rels/.rels": relations(("r1", "officeDocument", "ppt/presentation.xml"), *ROOT), **PROPERTIES,
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst><p:sldId id="256" r:id="s"/></p:sldIdLst>'
                                '<p:modifyVerifier saltData="canarysalt"/><p:extLst><p:ext>canaryext</p:ext></p:extLst></p:presentation>',
        "ppt/_rels/presentation.xml.rels": relations(("s", "slide", "slide.xml"), ("a", "commentAuthors", "authors.xml")),
        "ppt/slide.xml": f'<p:sld xmlns:p="{P}" xmlns:a="{A}" xmlns:r="{R}"><p:cSld><p:spTree><p:sp><p:nvSpPr><p:cNvPr id="2" name='
                         '"canaryname" descr="Two people at a river"/></p:nvSpPr><p:txBody><a:p><a:r><a:t>Words to keep</a:t></a:r>'
                         '</a:p></p:txBody></p:sp></p:spTree><p:custDataLst><p:tags r:id="t"/></p:custDataLst></p:cSld></p:sld>',
        "ppt/_rels/slide.xml.rels": relations(("t", "tags", "tags.xml"), ("c", "comments", "comments.xml")),
        "ppt/tags.xml": "<t>canarytag</t>", "ppt/comments.xml": "<c>canarycomment</c>", "ppt/authors.xml": "<a>canaryauthor</a>"})


NAMES = {short: f"urn:oasis:names:tc:opendocument:xmlns:{long}:1.0" for short, long in (
    ("office", "office"), ("text", "text"), ("draw", "drawing"), ("table", "table"), ("meta", "meta"), ("style", "style"),
    ("script", "script"))} | {"dc": "http://purl.org/dc/elements/1.1/", "xlink": "http://www.w3.org/1999/xlink",
                              "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
                              "officeooo": "http://openoffice.org/2009/office"}
_XMLNS = " ".join(f'xmlns:{short}="{long}"' for short, long in NAMES.items())
_INFO = "<office:change-info><dc:creator>canarychanger</dc:creator><dc:date>2024-05-06</dc:date></office:change-info>"
TEXT = f"""<office:document-content {_XMLNS}><office:scripts><script:s>canaryscript</script:s></office:scripts>
<office:automatic-styles><style:style><style:text-properties officeooo:rsid="00canary"/></style:style></office:automatic-styles>
<office:body><office:text><text:tracked-changes><text:changed-region text:id="c1"><text:deletion>{_INFO}<text:p>canarydeleted</text:p>
</text:deletion></text:changed-region></text:tracked-changes><text:p>Words to keep<text:change text:change-id="c1"/> and go on
<office:annotation><dc:creator>canarycommenter</dc:creator><text:p>canarycomment</text:p></office:annotation>
<text:author-name>canaryauthor</text:author-name><text:a xlink:href="https://web.example/page">A web link</text:a>
<text:a xlink:href="mailto:canary@example.org">A mail link</text:a>
<text:hidden-text text:is-hidden="true">canaryhidden</text:hidden-text></text:p>
<draw:frame draw:name="canaryframe"><draw:image xlink:href="Pictures/canaryname.jpg"/><svg:desc>/home/canary/a.jpg</svg:desc>
</draw:frame><draw:frame><draw:image xlink:href="http://canarypixel.example/x.png"/></draw:frame>
<draw:frame><draw:object xlink:href="./Object 1"/><draw:image xlink:href="./ObjectReplacements/Object 1"/></draw:frame>
<table:table table:name="'file:///home/canary/x.ods'#Sheet1"><table:table-row/></table:table>
<table:table table:name="Kept"><table:table-row><table:table-cell table:formula="of:=['file:///home/canary/x.ods'#A1]"
 table:value="42"><text:p>42</text:p></table:table-cell></table:table-row></table:table>
</office:text></office:body></office:document-content>"""


def odf(type: str = "text", **changed: bytes | str) -> bytes:
    """An OpenDocument file with changes, comments, people, a chart and pictures that know where they were taken."""
    mark = f"application/vnd.oasis.opendocument.{type}"
    return zipped({
        "mimetype": mark, "content.xml": TEXT, "styles.xml": f"<office:document-styles {_XMLNS}><office:styles/></office:document-styles>",
        "meta.xml": f"<office:document-meta {_XMLNS}><dc:creator>canaryauthor</dc:creator></office:document-meta>",
        "settings.xml": "<s>canaryprinter</s>", "Pictures/canaryname.jpg": jpeg(), "Thumbnails/thumbnail.png": png(),
        "manifest.rdf": "<r>canaryrdf</r>", "Basic/Standard/Module1.xml": "<m>canarymacro</m>", "ObjectReplacements/Object 1": "canary",
        "Object 1/content.xml": f"<office:document-content {_XMLNS}><office:body><dc:creator>canaryinner</dc:creator><table:table "
                                "table:name='Chart kept'/></office:body></office:document-content>",
        "Object 1/meta.xml": "<m>canaryinnermeta</m>",
        "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                                 f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mark}"/><manifest:file-entry '
                                 'manifest:full-path="Object 1/" manifest:media-type="application/vnd.oasis.opendocument.chart"/>'
                                 "</manifest:manifest>", **changed})
