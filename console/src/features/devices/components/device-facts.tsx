import { useQuery } from "@tanstack/react-query";
import { CopyButton } from "@/components/copy-button";
import { Facts, Panel } from "@/components/panel";
import { Time } from "@/components/time";
import type { Device } from "@/lib/api/types";
import { bytes, count } from "@/lib/format";
import { deviceInventoryQuery } from "../api";
import { readInventory } from "../inventory";
import { osName } from "../os-name";

export function DeviceFacts({ device }: { device: Device }) {
  const { hardware, os } = device;
  const inventory = useQuery(deviceInventoryQuery(device.id));
  const found = inventory.data && readInventory(inventory.data.inventory);
  return (
    <div className="grid gap-5 lg:grid-cols-2">
      <Panel title="Hardware">
        <Facts
          facts={[
            { label: "Manufacturer", value: hardware.manufacturer },
            { label: "Model", value: hardware.model },
            { label: "SKU", value: hardware.sku },
            {
              label: "Serial",
              value: hardware.serial && <Copyable value={hardware.serial} what="the serial" />,
            },
            {
              label: "Processor",
              value: hardware.cpu_name && (
                <>
                  {hardware.cpu_name}
                  {hardware.cpu_cores && (
                    <span className="text-muted"> · {count(hardware.cpu_cores)} cores</span>
                  )}
                </>
              ),
            },
            { label: "Memory", value: bytes(hardware.memory_bytes) },
            { label: "Disk", value: bytes(hardware.disk_bytes || null, 1000) },
            { label: "Firmware", value: found?.firmware?.toUpperCase() },
            { label: "Secure Boot", value: onOff(found?.secureBoot) },
            { label: "TPM", value: found?.tpm },
          ]}
        />
      </Panel>
      <Panel title="System">
        <Facts
          facts={[
            { label: "Operating system", value: osName(device) || null },
            { label: "Build", value: os.build },
            { label: "Architecture", value: os.architecture },
            { label: "User", value: device.logged_on_user },
            { label: "Started", value: <Time at={device.boot_time} empty="—" /> },
            { label: "Agent", value: device.agent_version },
            { label: "Key", value: keyWords(device.key_protection) },
            { label: "Enrolled", value: <Time at={device.enrolled_at} empty="not yet" /> },
            { label: "Device ID", value: <Copyable value={device.id} what="the device ID" /> },
            {
              label: "SMBIOS UUID",
              value: hardware.smbios_uuid && <Copyable value={hardware.smbios_uuid} what="the SMBIOS UUID" />,
            },
          ]}
        />
      </Panel>
    </div>
  );
}

function Copyable({ value, what }: { value: string; what: string }) {
  return (
    <span className="flex items-start gap-1">
      <span className="min-w-0 break-all pt-px font-mono text-xs leading-[18px]">{value}</span>
      <CopyButton value={value} label={`Copy ${what}`} className="-my-1" />
    </span>
  );
}

function onOff(value: boolean | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  return value ? "On" : "Off";
}

function keyWords(protection: string | null): string | null {
  if (protection === "tpm") return "In the TPM";
  if (protection === "file") return "In a file only the system may read";
  return protection;
}
