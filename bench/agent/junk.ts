import { connect, type Socket } from 'node:net';

/** Content lengths of junk requests, in bytes: `long` is over the server's limit, `taken` is within it. */
const BYTES = { long: 5_000_000, taken: 1_000_000 };

/** Pause until a client whose connection was closed connects again. */
const PAUSE_MS = 50;

/**
 * The bodies that junk clients send: empty objects (`objects`), deeply nested brackets (`brackets`), as much JSON as the server
 * parses (`parsed`), or only the first bytes of a body that the server refuses as too long (`announced`) or waits for (`held`).
 */
export const JUNK = {
  objects: { bytes: BYTES.long, unit: '{},' },
  brackets: { bytes: BYTES.long, unit: '[' },
  parsed: { bytes: BYTES.taken, unit: '0,' },
  announced: { bytes: BYTES.long, unit: null },
  held: { bytes: BYTES.taken, unit: null },
} as const;
export type JunkKind = keyof typeof JUNK;

const JSON_START = '{"inputs": [{"name": "images", "shape": [1], "datatype": "UINT8", "data": [';

/**
 * Clients that keep sending bodies that no model takes. They use bare sockets, so that the server's limits end a request, and not
 * those of an HTTP client.
 */
export class JunkClients {
  readonly #sockets = new Set<Socket>();
  /** Each start and stop begins a new round; clients of an earlier round do not reconnect. */
  #round = 0;

  /** Starts `count` clients. Each sends its next request {@link PAUSE_MS} after the one before was answered or cut off. */
  start(url: string, path: string, kind: JunkKind, count: number): void {
    const { hostname, port } = new URL(url);
    const { bytes, unit } = JUNK[kind];
    const body =
      unit === null
        ? JSON_START
        : JSON_START + unit.repeat(Math.floor((bytes - JSON_START.length) / unit.length));
    const announced = unit === null ? bytes : body.length;
    const sent = Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${announced}\r\n\r\n${body}`,
    );
    const round = ++this.#round;
    for (let i = 0; i < count; i++) this.#client(hostname, Number(port), sent, round);
  }

  stop(): void {
    this.#round++;
    for (const socket of this.#sockets) socket.destroy();
  }

  #client(host: string, port: number, sent: Buffer, round: number): void {
    if (round !== this.#round) return;
    const socket = connect(port, host);
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('connect', () => socket.write(sent));
    socket.on('data', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      // Without the pause, the benchmark would measure how fast the clients can connect.
      setTimeout(() => this.#client(host, port, sent, round), PAUSE_MS);
    });
  }
}
