"""The cast list for other programs: editing, subtitles, annotation, statistics. A writer a format.

All of them read a finished workspace (`export.finished`); none changes it.
"""

from castlist.export.formats import FORMATS as FORMATS
from castlist.export.formats import Format as Format
from castlist.export.formats import encoded as encoded
from castlist.export.formats import export as export
from castlist.export.formats import make as make
