"""The suite as a folder of web pages that open from disk, without kernel and network: ``monotakd site``.

Lessons are executed once; linked explorers keep answering in the browser, other views stand as pictures. `build` puts
them together, `lesson_page` turns one executed notebook into a page, `examine` finds what a reader would trip over.
"""

from monotakd.site.build import build
from monotakd.site.examine import problems

__all__ = ["build", "problems"]
