"""What a netbooting machine runs: loaders, the boot environment, and what DHCP and TFTP tell it."""
