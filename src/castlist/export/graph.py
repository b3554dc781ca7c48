"""Who is with whom: a graph of characters in GraphML, for Gephi, Cytoscape or networkx.

An edge joins two characters who share a shot; its weight is for how many seconds both are seen.
"""

from __future__ import annotations

from castlist.export.finished import Finished, label, seconds
from castlist.export.statistics import screen_times
from castlist.export.tables import pairs


def graphml(film: Finished) -> str:
    """Return the graph as GraphML."""
    import networkx  # takes a while to import

    graph = networkx.Graph(name=film.film_name)
    names = {character.id: label(character) for character in film.characters}
    for row in screen_times(film):
        graph.add_node(
            row.character,
            label=names[row.character],
            seconds=seconds(row.seconds),
            appearances=row.appearances,
            shots=row.shots,
        )
    for pair in pairs(film):
        graph.add_edge(
            pair["character"],
            pair["with_character"],
            weight=pair["seconds_together"],
            frames=pair["frames_together"],
            shots=pair["shots_together"],
        )
    return "\n".join(networkx.generate_graphml(graph)) + "\n"
