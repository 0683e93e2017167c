"""The fixed words of the genre: what a speech is called, and how it thanks."""

from __future__ import annotations

import re

SPEECH_NOUN = (
    "讲话|发言|报告|致辞|致词|祝词|贺信|贺词|贺电|演讲|谈话|党课|讲稿|讲义|提纲|说明|决议|决定"
    "|意见|总结|公报|倡议书"
)
TITLE_END = re.compile(rf"(?:{SPEECH_NOUN})(?:稿|摘要|提要|全文)?\s*(?:[（(][^（）()]*[）)])?$")
THANKS = re.compile(
    r".{0,30}(?:谢谢(?:大家|各位|同志们)?|讲话?完了|讲完了|就讲这些|讲到这里|说到这里|汇报完毕)[。！!]*"
)
