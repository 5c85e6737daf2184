"""Pure. The numbers of the telnet protocol, and of the options that are spoken here."""

IAC = 255  # RFC 854: what follows is a command
DONT, DO, WONT, WILL = 254, 253, 252, 251
SB, SE = 250, 240  # a sub-negotiation begins, and ends
GA = 249  # RFC 854: go ahead, it is your turn
ERASE_LINE, ERASE_CHARACTER = 248, 247
ARE_YOU_THERE = 246
EOR = 239  # RFC 885: the end of a record; after a prompt

ECHO = 1  # RFC 857
SUPPRESS_GO_AHEAD = 3  # RFC 858
TERMINAL_TYPE = 24  # RFC 1091, and MTTS
END_OF_RECORD = 25  # RFC 885
WINDOW_SIZE = 31  # NAWS, RFC 1073
CHARSET = 42  # RFC 2066
MSSP = 70  # what the game is, for lists of games
COMPRESS2 = 86  # MCCP2: what is sent to the client is compressed
GMCP = 201  # facts about the game, for the client's program

IS, SEND = 0, 1  # RFC 1091
REQUEST, ACCEPTED, REJECTED, TTABLE_IS, TTABLE_REJECTED = 1, 2, 3, 4, 5  # RFC 2066
MSSP_VARIABLE, MSSP_VALUE = 1, 2


def subnegotiation(option: int, data: bytes) -> bytes:
    """The whole of a sub-negotiation, with bytes of 255 doubled (RFC 855)."""
    return b"\xff\xfa%c%b\xff\xf0" % (option, data.replace(b"\xff", b"\xff\xff"))
