"""Adapter. The game's door for telnet and MUD clients (docs/adventure.md, "At the telnet door")."""
