"""Films made of a film and its cast list: faces blurred, or one character's appearances only."""

from castlist.render.film import blur as blur
from castlist.render.film import only as only
