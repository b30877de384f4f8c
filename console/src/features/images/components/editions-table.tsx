import type { OsImage } from "@/lib/api/types";
import { bytes } from "@/lib/format";

/** The Windows editions of an image, as rows; `index` is what a profile names. */
export function EditionsTable({ editions }: Pick<OsImage, "editions">) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full min-w-120 text-left text-sm">
        <thead className="text-faint text-xs">
          <tr className="border-line border-b">
            <th scope="col" className="w-14 py-2 pr-2 pl-4 text-right font-normal">
              Index
            </th>
            <th scope="col" className="px-3 py-2 font-normal">
              Edition
            </th>
            <th scope="col" className="px-3 py-2 font-normal">
              Build
            </th>
            <th scope="col" className="px-3 py-2 font-normal">
              Languages
            </th>
            <th scope="col" className="px-3 py-2 font-normal">
              Architecture
            </th>
            <th scope="col" className="py-2 pr-4 pl-3 text-right font-normal">
              On the disk
            </th>
          </tr>
        </thead>
        <tbody>
          {editions.map((edition) => (
            <tr key={edition.index} className="border-line border-b last:border-0">
              <td className="figures py-2 pr-2 pl-4 text-right text-muted">{edition.index}</td>
              <th scope="row" className="px-3 py-2 font-medium">
                {edition.name}
                {edition.edition_id && edition.edition_id !== edition.name && (
                  <span className="ml-2 font-normal text-faint">{edition.edition_id}</span>
                )}
              </th>
              <td className="figures px-3 py-2 text-muted">{edition.build ?? "—"}</td>
              <td className="px-3 py-2 text-muted">{edition.languages.join(", ") || "—"}</td>
              <td className="px-3 py-2 text-muted">{edition.architecture ?? "—"}</td>
              <td className="figures py-2 pr-4 pl-3 text-right text-muted">{bytes(edition.size_bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
