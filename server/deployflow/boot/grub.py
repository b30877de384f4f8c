"""GRUB's part, where Secure Boot is on and iPXE therefore cannot run: it asks the server what to do, as iPXE does."""

from urllib.parse import quote, urlsplit

from deployflow.boot.dnsmasq import SCRIPT_PATH, Service


def first_configuration(service: Service) -> str:
    """What TFTP serves as grub/grub.cfg. It holds nothing about a machine; the server's answer does.

    Debian's signed GRUB has HTTP since release 13, and no HTTPS.
    """
    host = urlsplit(service.server_url).netloc
    site = f"site={quote(service.site)}&" if service.site else ""
    return f"""\
# Written by `deployflow pxe`.
smbios --type 1 --get-uuid 8 --set uuid
smbios --type 1 --get-string 7 --set serial
regexp --set 1:serial '^ *([A-Za-z0-9._-]*)' "$serial"
echo "DeployFlow Fleet: asking {service.server_url} …"
configfile "(http,{host}){SCRIPT_PATH}?{site}loader=grub&platform=efi&mac=$net_default_mac&uuid=$uuid&serial=$serial"
# Here only where the server gave no answer.
echo "{service.server_url} gave no answer. This machine tries its next boot entry in 10 seconds."
sleep --interruptible 10
exit
"""
