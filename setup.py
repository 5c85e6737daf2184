"""How occwserv is installed: `pip install .` brings the packages, the twistd plug-in and the shipped site."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "occwserv" / "__init__.py").read_text())[1]

SHIPPED = ["occwserv.public_html", "occwserv.ogi"]

setup(
    name="occwserv",
    version=VERSION,
    description="A highly concurrent web server of communicating processes, on Twisted",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    python_requires=">=3.11",
    # `twisted.plugins` is a folder without an __init__.py: twistd finds the plug-in by its path.
    # The shipped site and modules travel as packages of their own, so that an empty folder serves them.
    packages=[*find_packages(include=["occwserv", "occwserv.*", "adventure"]), "twisted.plugins", *SHIPPED],
    package_dir={package: package.removeprefix("occwserv.") for package in SHIPPED},
    package_data={"adventure": ["world.yaml"], "occwserv.resources": ["templates/*"], "occwserv.public_html": ["**/*"]},
    install_requires=[
        "twisted[tls]>=24.7",
        "zope.interface",
        "pyyaml",
        "msgspec",
        "jinja2",
        "prometheus-client",
        "multipart",
        'uvloop; platform_python_implementation == "CPython" and sys_platform != "win32"',
    ],
    extras_require={
        "test": ["treq", "hypothesis", "irc-parser-tests"],
        "check": ["ruff", "mypy", "types-PyYAML"],
    },
)
