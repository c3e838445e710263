"""An order of battle in the files of others: ORBAT Mapper, tables, GeoJSON, KML.

Owns: reading and writing them, from bytes to a neutral value (`orbat.value`) and back, losing nothing silently.
Doesn't own: files and requests, the clock, records and rules (`command`), labels (`release`).
"""
