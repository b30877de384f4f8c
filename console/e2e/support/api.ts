/** The API as the console's own browser uses it: a session cookie, and the header that says "same origin". */
export class Api {
  private cookie = "";

  constructor(private readonly url: string) {}

  async setUp(
    setupUrl: string,
    person: { name: string; email: string; password: string; organisation: string },
  ) {
    const token = setupUrl.split("#token=")[1] ?? "";
    return this.post("/setup", { token, public_url: this.url, ...person });
  }

  get<T = Record<string, unknown>>(path: string): Promise<T> {
    return this.send("GET", path);
  }

  post<T = Record<string, unknown>>(
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    return this.send("POST", path, body, headers);
  }

  async send<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        "Sec-Fetch-Site": "same-origin",
        ...(this.cookie && { Cookie: this.cookie }),
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const cookies = answer.headers.getSetCookie();
    if (cookies.length > 0) this.cookie = cookies.map((cookie) => cookie.split(";")[0]).join("; ");
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  get cookieForBrowser(): { name: string; value: string; url: string } {
    const [name = "", ...value] = this.cookie.split("=");
    return { name, value: value.join("="), url: this.url };
  }
}
