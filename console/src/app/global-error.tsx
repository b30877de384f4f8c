"use client";

import "./globals.css";

/** The last net: something in the console itself broke. */
export default function GlobalError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <html lang="en" data-theme="dark">
      <body className="grid min-h-dvh place-items-center p-6 text-center">
        <main>
          <h1 className="font-semibold text-lg">The console stumbled</h1>
          <p className="mt-1 text-muted">Nothing on the server was changed by this.</p>
          <p className="mt-3 font-mono text-faint text-xs">{error.message}</p>
          <button
            type="button"
            onClick={reset}
            className="mt-5 h-8 rounded-control bg-accent px-3 font-medium text-on-accent text-sm"
          >
            Try again
          </button>
        </main>
      </body>
    </html>
  );
}
