"""Inputs to begin with: composed files and texts that reach every part of a target."""

from __future__ import annotations

import tempfile
from pathlib import Path

from targets import PART_MARK, TARGETS, word_file

from govtext.corpus import AnnotatedSentence, write_corpus
from govtext.types import Entity, Metric

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TEXT = """清屿县人民政府
清屿县2021年政府工作报告
——2022年1月12日在清屿县第八届人民代表大会第二次会议上
来源：清屿县人民政府办公室　发布日期：2022-01-24　字体：【大 中 小】
各位代表：
一、2021年工作回顾
（一）经济发展。地区生产总值达到132.5亿元，同比增长8.1%，高于全市1.2个百分点，总量居全市第三位。
1.工业。规上工业增加值增长9.3％；新增“四上”企业二十余家，完成投资1.2—1.5亿元。
（1）引进项目12个，其中：亿元以上3个。①云山产业园 ②东溪水库！
一是粮食产量稳定在30万吨左右；二是城镇化率由52.1%提高到53.4%。
指标 | 单位 | 2020年 | 2021年
固定资产投资 | 亿元 | 76.2 | 84.84
二、2022年工作安排
力争地区生产总值增长7%以上，财政收入突破10亿元大关，新增就业3000人；到2025年末达到1.2倍。
扫一扫在手机打开当前页　打印　关闭
"""
NUMERALS = (
    "84.84亿", "三千二百亿", "二十余", "1.2—1.5万", "百分之五点三", "两倍", "3/4", "十五六", "1,234.5", "零点五", "0", "-3.2%",
    "一万零三", "半", "上百", "数千", "3.5万亿", "１２３", "廿三", "千分之二", "10多万",
)  # fmt: skip
HTML = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>清屿县2021年报告_清屿县人民政府</title>
<meta name="PubDate" content="2022-01-24"></head><body><div class="nav"><a href="/">首页</a></div><div class="TRS_Editor">
<h2>一、回顾</h2><p>完成<b>投资</b>3.5亿元。<br>增长5%&nbsp;</p><table><tr><th>指标</th><td>3</td></tr></table><pre>a
b</pre><span style="display:none">x</span></div><!-- c --><script>1</script><p>{TEXT[:200]}</p></body></html>"""
DOCUMENT = (
    f'<w:document {W}><w:body><w:p><w:pPr><w:pStyle w:val="1"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    "<w:r><w:t>工作回顾</w:t></w:r></w:p><w:p><w:r><w:t>完成投资3亿元</w:t><w:br/><w:tab/></w:r><w:ins><w:r><w:t>插入</w:t></w:r></w:ins>"
    "<w:del><w:r><w:delText>删</w:delText></w:r></w:del></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>指标</w:t></w:r></w:p></w:tc>"
    "<w:tc><w:p><w:r><w:t>3</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:sdt><w:sdtContent><w:p><w:r><w:t>控件</w:t></w:r></w:p></w:sdtContent>"
    "</w:sdt><w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>框</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p></w:body></w:document>"
)
STYLES = (
    f'<w:styles {W}><w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="2"/><w:pPr>'
    '<w:outlineLvl w:val="0"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="2"><w:name w:val="Title"/><w:basedOn w:val="1"/>'
    "</w:style></w:styles>"
)
NUMBERING = (
    f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
    '<w:lvlText w:val="%1、"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
)


SENTENCES = (
    AnnotatedSentence(
        id="s1", doc="d", text="石桥镇新建学校2所𠮷", start=0, end=10, heads=("一、教育",), domains=("education", "urban"), status="achieved",
        entities=(Entity(0, 3, "PLACE"), Entity(7, 9, "METRIC")), metrics=(Metric(7, 9, indicator="学校", kind="level"),), meta={"year": 2021},
    ),
    AnnotatedSentence(id="s2", doc="d", text="扫一扫", start=11, end=14, domains=("none",), furniture=True),
)  # fmt: skip


def pdf() -> bytes:
    """A PDF of one page with two lines."""
    content = b"BT /F1 16 Tf 1 0 0 1 80 700 Tm <%s> Tj ET\nBT /F1 16 Tf 1 0 0 1 80 676 Tm <%s> Tj ET\n" % (
        "清屿县2021年工作总结".encode("utf-16-be").hex().encode(),
        "全年完成固定资产投资八十亿元。".encode("utf-16-be").hex().encode(),
    )
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>>>/Contents 5 0 R>>",
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
        b"<</Length %d>>stream\n%sendstream" % (len(content), content),
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>",
    )
    body = b"".join(b"%d 0 obj%sendobj\n" % (i, o) for i, o in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def seeds(target: str) -> list[bytes]:
    """Inputs for a target."""
    lines = [line.encode() for line in TEXT.splitlines() if line]
    special = {
        "txt": [TEXT.encode(), TEXT.encode("gb18030"), TEXT[:300].encode("utf-16"), TEXT[:300].encode("utf-16-be")],
        "html": [HTML.encode(), HTML.replace("utf-8", "gb2312").encode("gb18030"), b"<p>" + lines[0]],
        "docx": [word_file(DOCUMENT, STYLES, NUMBERING)],
        "docx_parts": [PART_MARK.join(part.encode() for part in (DOCUMENT, STYLES, NUMBERING))],
        "pdf": [pdf()],
        "numerals": [n.encode() for n in NUMERALS],
    }
    assert target in TARGETS
    if target.startswith("corpus-"):
        return corpus(target.removeprefix("corpus-"))
    return special.get(target, [TEXT.encode(), *lines])


def corpus(format: str) -> list[bytes]:
    """Two sentences in a format of annotated corpora; BRAT as a text and its marks."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_corpus(SENTENCES, Path(folder, "c"), format)
        if format != "brat":
            return [path.read_bytes()]
        return [PART_MARK.join(path.joinpath(f"d.{kind}").read_bytes() for kind in ("txt", "ann"))]


def dictionary() -> list[bytes]:
    """Pieces that mean something to a grammar, for the fuzzer to put in."""
    words = {
        *"年月日亿万元%％、。；：（）一二十百零点第|—-～“”《》\n\u3000",
        "增长",
        "达到",
        "以上",
        "左右",
        "其中",
        "同比",
    }
    tags = {
        f"<{t}>".encode()
        for t in ("p", "/p", "table", "tr", "td", "pre", "h1", "div", "br", "template", "svg", "math", "select")
    }
    corpora = {
        f'"{name}":'.encode()
        for name in ("text", "start", "end", "label", "labels", "entities", "metrics", "heads", "domains", "spans", "accept", "cats", "data",
                     "annotations", "predictions", "result", "value", "choices", "type", "from_name")
    } | {b"[", b"]", b"{", b"}", b"null", b"true", b"1e9", b"[{", b'"PLACE"', b'"METRIC"', b"\tB-PLACE\n", b"\tI-PLACE\n", b"# id = ", b"T1\t",
         b"Sentence 0 3\t", b"A1\tDomain T1 ", b"\\ud83c"}  # fmt: skip
    parts = {f"<w:{t}>".encode() for t in ("p", "/p", "r", "t", "tbl", "tr", "tc", "sdt", "ins", "numPr", "pPr")}
    return sorted({word.encode() for word in words} | tags | parts | corpora)
