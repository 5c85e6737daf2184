"""Pure. occwserv: a web server whose applications live inside it as communicating processes."""

__version__ = "0.1.0"
