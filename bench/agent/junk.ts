import { connect, type Socket } from 'node:net';

/** Bytes that a junk request announces: more than a server takes, or as much as it does. */
const BYTES = { long: 5_000_000, taken: 1_000_000 };

/** Time after which a client that was refused comes back. */
const PAUSE_MS = 50;

/**
 * What junk clients send: a body of empty objects (`objects`), of deep brackets (`brackets`), or only the first bytes of a body that
 * the server refuses as too long (`announced`) or waits for (`held`).
 */
export const JUNK = {
  objects: { bytes: BYTES.long, unit: '{},' },
  brackets: { bytes: BYTES.long, unit: '[' },
  announced: { bytes: BYTES.long, unit: null },
  held: { bytes: BYTES.taken, unit: null },
} as const;
export type JunkKind = keyof typeof JUNK;

const JSON_START = '{"inputs": [{"name": "images", "shape": [1], "datatype": "UINT8", "data": [';

/** Clients that keep sending what no model takes, over sockets, so that the server's limits end a request and not the client's. */
export class JunkClients {
  readonly #sockets = new Set<Socket>();
  /** Number of the last start. Clients of an earlier one do not come back. */
  #round = 0;

  /** Starts `count` clients. Each sends its next request as soon as the one before is answered or cut off. */
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
      // Without the pause the clients would measure how fast they can connect.
      setTimeout(() => this.#client(host, port, sent, round), PAUSE_MS);
    });
  }
}
