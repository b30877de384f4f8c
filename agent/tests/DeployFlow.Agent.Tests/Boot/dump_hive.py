"""Prints a registry hive as JSON, read by hivex: {path: {name: [kind, hex]}}. Needs the system's python3-hivex."""

import json
import sys

import hivex

hive = hivex.Hivex(sys.argv[1])
keys = {}


def walk(node, path):
    keys[path] = {hive.value_key(value): [kind, data.hex()] for value in hive.node_values(node) for kind, data in [hive.value_value(value)]}
    for child in hive.node_children(node):
        walk(child, f"{path}\\{hive.node_name(child)}" if path else hive.node_name(child))


walk(hive.root(), "")
json.dump(keys, sys.stdout)
