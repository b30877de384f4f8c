import { sentenceOf, statusOf } from "./problem";
import type { UploadPurpose } from "./store";

/** Send a small file at once; gives the upload's id. */
export async function uploadWhole(file: File, purpose: UploadPurpose): Promise<string> {
  const tus = await import("tus-js-client");
  return new Promise((done, fail) => {
    const upload = new tus.Upload(file, {
      endpoint: "/api/v1/uploads",
      metadata: { purpose, filename: file.name },
      retryDelays: [0, 1_000, 3_000],
      storeFingerprintForResuming: false,
      onError: (error) =>
        fail(new Error(statusOf(error) === 0 ? "The server cannot be reached." : sentenceOf(error))),
      onSuccess: () => done(upload.url?.split("/").at(-1) ?? ""),
    });
    upload.start();
  });
}
