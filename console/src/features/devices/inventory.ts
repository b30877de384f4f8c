/** What an agent reports, read with care: agents of other versions may send more or less. */
export type InventoryView = {
  firmware: string | null;
  secureBoot: boolean | null;
  tpm: string | null;
  logicalProcessors: number | null;
  disks: { name: string; model: string | null; size: number | null; media: string | null }[];
  volumes: { mount: string; fileSystem: string | null; size: number | null; free: number | null }[];
  networks: { name: string; mac: string | null; addresses: string[] }[];
  software: { name: string; version: string | null; publisher: string | null }[];
};

export function readInventory(raw: unknown): InventoryView {
  const inventory = object(raw);
  const hardware = object(inventory.hardware);
  const tpm = object(hardware.tpm);
  return {
    firmware: text(hardware.firmware),
    secureBoot: typeof hardware.secure_boot === "boolean" ? hardware.secure_boot : null,
    tpm: tpm.present === true ? (text(tpm.version) ?? "present") : tpm.present === false ? "none" : null,
    logicalProcessors: number(object(hardware.cpu).logical_processors),
    disks: list(inventory.disks).map((disk) => ({
      name: text(disk.name) ?? "disk",
      model: text(disk.model),
      size: number(disk.size_bytes),
      media: text(disk.media),
    })),
    volumes: list(inventory.volumes).map((volume) => ({
      mount: text(volume.mount) ?? "—",
      fileSystem: text(volume.file_system),
      size: number(volume.size_bytes),
      free: number(volume.free_bytes),
    })),
    networks: list(inventory.networks).map((network) => ({
      name: text(network.name) ?? "network",
      mac: text(network.mac),
      addresses: Array.isArray(network.addresses)
        ? network.addresses.filter((address) => typeof address === "string")
        : [],
    })),
    software: list(inventory.software).map((item) => ({
      name: text(item.name) ?? "—",
      version: text(item.version),
      publisher: text(item.publisher),
    })),
  };
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
