"""GRUB's first configuration, which TFTP serves: where Secure Boot is on, iPXE cannot run.

Debian's signed GRUB has HTTP since release 13, and no HTTPS.
"""

from urllib.parse import quote, urlsplit

from deployflow.boot import script
from deployflow.boot.dnsmasq import Service


def first_configuration(service: Service) -> str:
    """It asks the server. It holds nothing about a machine; the server's answer does."""
    site = f"site={quote(service.site, safe='')}&" if service.site else ""
    return script.render("grub/first.cfg", host=urlsplit(service.server_url).netloc, site=site)
