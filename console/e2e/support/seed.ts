import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Api } from "./api.ts";
import { DEPLOYFLOW, run } from "./programs.ts";
import type { Server } from "./server.ts";

export const PERSON = {
  name: "Ada Lindqvist",
  email: "ada@nordwind.example",
  password: "correct horse battery staple",
  organisation: "Nordwind IT",
};

const EXAMPLES = resolve(import.meta.dirname, "../../../contracts/examples");
const MODELS = [
  ["Dell Inc.", "Latitude 7450"],
  ["LENOVO", "ThinkPad T14 Gen 5"],
  ["HP", "EliteBook 840 14 inch G11 Notebook PC"],
  ["Microsoft Corporation", "Surface Laptop 7"],
] as const;

type Item = { id: string };

/** A fleet that looks like one: scripts, secrets, people, tokens, many devices in all states, runs that failed. */
export async function seed(api: Api, server: Server, devices: number): Promise<void> {
  await seedLibrary(api);
  await seedPeople(api);
  const token = await api.post<{ token: string }>("/enrollment-tokens", {
    name: "Berlin office",
    max_uses: devices + 10,
    auto_approve: true,
    tags: ["berlin"],
  });
  await api.post("/enrollment-tokens", {
    name: "A token with a name that is rather longer than its column",
    max_uses: 3,
  });
  const args = ["simulate", String(devices), "--url", server.url, "--token", token.token, "--seconds", "6"];
  await run(DEPLOYFLOW, [...args, "--no-actions", "--data-dir", server.dataDir], {
    timeout: 180_000,
  });
  dress(server);
}

async function seedLibrary(api: Api): Promise<void> {
  const script = (name: string, language: string, body: string, more: object = {}) =>
    api.post<Item & { version: number }>("/scripts", {
      name,
      language,
      body,
      description: "",
      tags: ["maintenance"],
      ...more,
    });
  const disk = await script(
    "Collect disk usage",
    "powershell",
    "param([string]$Drive = 'C')\nGet-PSDrive $Drive\n",
    {
      description: "Prints what fills a drive, largest folders first.",
      parameters: [
        {
          name: "Drive",
          label: "Drive letter",
          type: "string",
          required: true,
          default: "C",
          description: "Without the colon.",
        },
        { name: "Depth", label: "Depth", type: "choice", choices: ["1", "2", "3"], default: "2" },
        { name: "Verbose", label: "Say more", type: "boolean", default: false },
        { name: "ApiToken", label: "API token", type: "secret" },
      ],
    },
  );
  await api.send(
    "PUT",
    `/scripts/${disk.id}/body`,
    {
      body: "param([string]$Drive = 'C', [int]$Depth = 2)\nGet-PSDrive $Drive | Format-Table -AutoSize\nGet-ChildItem $Drive -Depth $Depth\n",
      parameters: [
        {
          name: "Drive",
          label: "Drive letter",
          type: "string",
          required: true,
          default: "C",
          description: "Without the colon.",
        },
      ],
      note: "Walks into folders",
    },
    { "If-Match": `"${disk.version}"` },
  );
  await script("Restart the print spooler", "cmd", "net stop spooler\nnet start spooler\n");
  await script(
    "Free space report with a name that goes on for rather longer than any column",
    "sh",
    "df -h\n",
    { tags: ["maintenance", "report", "linux"] },
  );
  await script("Rotate local logs", "python", "import logging\n\nprint('rotated')\n");
  await api.post("/secrets", {
    name: "Domain join account",
    kind: "password",
    description: "svc-join@corp.nordwind.example",
    value: "not shown",
  });
  await api.post("/secrets", {
    name: "Inventory API token",
    kind: "token",
    description: "",
    value: "not shown",
  });
}

async function seedPeople(api: Api): Promise<void> {
  const { items } = await api.get<{ items: (Item & { name: string })[] }>("/roles");
  const role = (name: string) => items.find((each) => each.name === name)?.id;
  await api.post("/users", {
    name: "Jonas Weber",
    email: "jonas@nordwind.example",
    role_id: role("Technician"),
  });
  await api.post("/users", {
    name: "Maximiliane von und zu Hohenstein-Schwarzenberg",
    email: "maximiliane.von.hohenstein-schwarzenberg@a-rather-long-domain.example",
    role_id: role("Viewer"),
  });
  await api.post("/roles", {
    name: "Help desk",
    description: "Runs scripts, changes nothing",
    permissions: ["devices:read", "actions:read", "actions:run", "scripts:read"],
  });
  await api.post("/api-keys", { name: "Grafana", permissions: ["devices:read", "actions:read"] });
}

/** Simulated agents are all alike; give them the variety a real fleet has. */
function dress(server: Server): void {
  const database = new DatabaseSync(join(server.dataDir, "deployflow.db"));
  database.exec("PRAGMA busy_timeout = 10000");
  const rows = database.prepare("SELECT id FROM devices ORDER BY created_at").all() as { id: string }[];
  const places = ["BER", "MUC", "HAM", "VIE", "ZRH"];
  const kinds = ["LT", "WS", "KIOSK"];
  const update = database.prepare(
    "UPDATE devices SET hostname = ?, manufacturer = ?, model = ?, os_family = ?, os_name = ?, os_version = ?, logged_on_user = ?, serial = ? WHERE id = ?",
  );
  rows.forEach(({ id }, index) => {
    const [manufacturer, model] = MODELS[index % MODELS.length] ?? MODELS[0];
    const windows = index % 5 !== 4;
    const hostname = `${places[index % places.length]}-${kinds[index % kinds.length]}-${String(index + 1).padStart(4, "0")}`;
    const serial = `5CG${(4_100_000 + index * 37).toString(36).toUpperCase()}`;
    const user = index % 3 === 0 ? "" : `NORDWIND\\${["j.weber", "m.keller", "s.yilmaz"][index % 3]}`;
    update.run(
      hostname,
      manufacturer,
      model,
      windows ? "windows" : "linux",
      windows ? "Windows 11 Pro" : "Debian GNU/Linux 13",
      windows ? "24H2" : "13.2",
      user,
      serial,
      id,
    );
  });
  const odd = (index: number, sql: string) => {
    const row = rows[index];
    if (row) database.prepare(`UPDATE devices SET ${sql} WHERE id = ?`).run(row.id);
  };
  odd(3, "hostname = 'a-hostname-much-longer-than-netbios-would-ever-allow.corp.nordwind.example'");
  odd(4, "state = 'quarantined'");
  odd(5, "state = 'pending'");
  odd(6, "state = 'revoked'");
  const inventory = readFileSync(join(EXAMPLES, "inventory-request.json"), "utf8");
  const found = JSON.parse(inventory).inventory;
  const facts = `cpu_name = '${found.hardware.cpu.name}', cpu_cores = 4, memory_bytes = ${2 ** 34}, disk_bytes = 512110190592`;
  odd(
    7,
    `${facts}, hostname = 'BER-LT-0008', sku = 'LENOVO_MT_20XW', smbios_uuid = '${found.hardware.smbios_uuid}'`,
  );
  odd(8, "online = 0, last_check_in = datetime('now', '-3 days')");
  database
    .prepare(
      `INSERT INTO device_inventories (tenant_id, device_id, hash, received_at, inventory)
       SELECT tenant_id, id, 'seeded', created_at, ? FROM devices WHERE id = ?
       ON CONFLICT DO UPDATE SET inventory = excluded.inventory`,
    )
    .run(JSON.stringify(found), rows[7]?.id ?? "");
  database.exec(
    "UPDATE devices SET search_text = lower(concat_ws(char(10), hostname, serial, logged_on_user, model, os_name))",
  );
  database.close();
}
