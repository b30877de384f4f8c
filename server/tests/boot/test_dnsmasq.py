"""What dnsmasq is told; e2e/netboot runs it."""

import shutil
import struct
import subprocess
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from deployflow.boot.dnsmasq import Range, Service, configuration
from deployflow.boot.grub import first_configuration
from deployflow.boot.networks import discover, offer_from

OWN = IPv4Interface("10.0.0.1/24")
RANGE = Range(IPv4Address("10.0.0.100"), IPv4Address("10.0.0.200"))
DNSMASQ = shutil.which("dnsmasq") or shutil.which("dnsmasq", path="/usr/sbin")


def service(**more: object) -> Service:
    fields = {
        "interface": "eth1",
        "own": OWN,
        "server_url": "http://10.0.0.1:8480",
        "tftp_root": Path("/tftp"),
        "leases": Path("/leases"),
        **more,
    }
    return Service(**fields)  # type: ignore[arg-type]


def lines(one: Service) -> list[str]:
    return [line for line in configuration(one).splitlines() if line and not line.startswith("#")]


class TestConfiguration:
    @pytest.mark.parametrize("addresses", [None, RANGE], ids=["proxy", "full"])
    @pytest.mark.parametrize("more", [{}, {"secure_boot": True, "site": "north 1"}])
    @pytest.mark.skipif(DNSMASQ is None, reason="dnsmasq is not installed; run: sudo scripts/install-system-packages")
    def test_dnsmasq_accepts_it(self, tmp_path: Path, addresses: Range | None, more: dict[str, object]) -> None:
        one = service(addresses=addresses, tftp_root=tmp_path, leases=tmp_path / "leases", **more)
        (tmp_path / "conf").write_text(configuration(one))
        assert DNSMASQ is not None
        done = subprocess.run(
            [DNSMASQ, "--test", f"--conf-file={tmp_path / 'conf'}"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def test_it_serves_one_interface_and_no_names(self) -> None:
        said = lines(service())
        assert {"port=0", "interface=eth1", "bind-interfaces", "user=nobody"} <= set(said)

    def test_beside_another_server_it_gives_no_address(self) -> None:
        said = lines(service())
        assert [line for line in said if line.startswith("dhcp-range")] == ["dhcp-range=10.0.0.0,proxy,255.255.255.0"]
        assert "dhcp-authoritative" not in said

    def test_bios_and_uefi_get_their_loader_and_ipxe_the_script(self) -> None:
        said = lines(service(addresses=RANGE, site="north 1"))
        assert "dhcp-boot=tag:!ipxe,tag:!uefi,tag:!http,undionly.kpxe" in said
        assert "dhcp-boot=tag:!ipxe,tag:uefi,ipxe.efi" in said
        assert "dhcp-boot=tag:ipxe,http://10.0.0.1:8480/boot/v1/script?site=north%201" in said

    def test_ipxe_on_bios_behind_proxydhcp_gets_the_script_as_a_service(self) -> None:
        """Without it iPXE says "Nothing to boot", although dnsmasq logs the file."""
        wanted = 'pxe-service=tag:ipxe,x86PC,"DeployFlow Fleet",http://10.0.0.1:8480/boot/v1/script'
        assert wanted in lines(service())

    def test_uefi_http_boot_is_answered_by_its_name_with_the_servers_loader(self) -> None:
        said = lines(service(addresses=RANGE))
        assert "dhcp-option-force=tag:http,60,HTTPClient" in said
        assert "dhcp-boot=tag:!ipxe,tag:http,http://10.0.0.1:8480/boot/v1/loaders/ipxe.efi" in said

    def test_with_secure_boot_uefi_gets_shim_and_bios_what_it_always_gets(self) -> None:
        said = lines(service(addresses=RANGE, secure_boot=True))
        assert "dhcp-boot=tag:!ipxe,tag:uefi,shimx64.efi" in said
        assert "dhcp-boot=tag:!ipxe,tag:!uefi,tag:!http,undionly.kpxe" in said
        assert not any(line.endswith("ipxe.efi") for line in said)

    def test_machines_take_this_one_for_no_router_or_dns_server_unless_told(self) -> None:
        assert "dhcp-option=option:router" in lines(service(addresses=RANGE))
        told = Range(RANGE.first, RANGE.last, router=IPv4Address("10.0.0.254"), dns=(IPv4Address("10.0.0.53"),))
        said = lines(service(addresses=told))
        assert {"dhcp-option=option:router,10.0.0.254", "dhcp-option=option:dns-server,10.0.0.53"} <= set(said)


class TestRange:
    def test_one_that_runs_backwards_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"10\.0\.0\.1 comes before 10\.0\.0\.2"):
            Range(IPv4Address("10.0.0.2"), IPv4Address("10.0.0.1"))

    def test_one_outside_the_network_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"not all in 10\.0\.0\.0/24"):
            service(addresses=Range(IPv4Address("10.0.0.100"), IPv4Address("10.0.1.100")))

    @pytest.mark.parametrize("lease", ["", "1", "1h\nport=53", "-1h", "1w"])
    def test_a_lease_that_is_no_time_is_refused(self, lease: str) -> None:
        with pytest.raises(ValueError, match="no time such as"):
            Range(RANGE.first, RANGE.last, lease)


class TestGrub:
    def test_it_asks_the_server_with_what_it_knows_of_the_machine(self) -> None:
        said = first_configuration(service(site="lab"))
        # Exported, because what it answers goes on by it.
        assert 'set host="10.0.0.1:8480"\nexport host\n' in said
        assert (
            'configfile "(http,$host)/boot/v1/script?site=lab&loader=grub&platform=efi&mac=$net_default_mac'
            '&uuid=$uuid&serial=$serial"\n'
        ) in said


def answer(call: bytes, options: bytes, *, address: bytes = b"\x0a\x00\x00\x64") -> bytes:
    return (
        struct.pack("!BBBB4sHH4s4s", 2, 1, 6, 0, call, 0, 0, b"", address) + bytes(216) + b"\x63\x82\x53\x63" + options
    )


class TestOffer:
    CALL = b"abcd"
    OFFER = bytes([53, 1, 2, 54, 4, 10, 0, 0, 7, 255])

    def test_it_names_the_server_that_offers_an_address(self) -> None:
        assert offer_from(answer(self.CALL, self.OFFER), self.CALL) == "10.0.0.7"

    def test_a_proxydhcp_server_offers_none(self) -> None:
        assert offer_from(answer(self.CALL, self.OFFER, address=bytes(4)), self.CALL) is None

    def test_an_answer_to_somebody_else_is_none_of_ours(self) -> None:
        assert offer_from(answer(b"othr", self.OFFER), self.CALL) is None

    @pytest.mark.parametrize("cut", [0, 100, 239, 240, 241, 243, 246])
    def test_a_packet_that_is_cut_short_is_no_offer(self, cut: int) -> None:
        assert offer_from(answer(self.CALL, self.OFFER)[:cut], self.CALL) is None

    def test_a_question_of_our_own_is_no_offer(self) -> None:
        assert offer_from(discover(self.CALL, b"\x52\x54\x00\x00\x00\x01"), self.CALL) is None
