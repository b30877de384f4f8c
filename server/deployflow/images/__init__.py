"""OS images and the environments that machines boot to put them on a disk."""
