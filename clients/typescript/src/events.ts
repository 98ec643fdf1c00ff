/** One event of a stream. */
export interface ServerEvent {
  id: string | undefined;
  event: string;
  data: string;
}

/** Takes a stream of Server-Sent Events apart. Comments come as events without a name, so that silence can be noticed. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  let id: string | undefined;
  let name = "";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (data.length) yield { id, event: name || "message", data: data.join("\n") };
          name = "";
          data = [];
        } else if (line.startsWith(":")) {
          yield { id: undefined, event: "", data: line.slice(1) };
        } else {
          const colon = line.indexOf(":");
          const field = colon < 0 ? line : line.slice(0, colon);
          const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
          if (field === "data") data.push(text);
          else if (field === "event") name = text;
          else if (field === "id" && !text.includes("\0")) id = text;
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
