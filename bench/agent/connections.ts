import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
/** Position of the status in an answer, after `HTTP/1.1 `. */
const STATUS = { from: 9, to: 12 };
const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;

/**
 * Persistent HTTP connections to a server, each with one request at a time. The HTTP client undici takes twice the core time,
 * which would slow down the server and the models that run on the same cores.
 */
export class Connections {
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();

  constructor(private readonly url: URL) {}

  /**
   * Sends an encoded request over an idle connection, or over a new one.
   * @returns HTTP status of the answer once it has arrived whole; 0 if the connection ended before
   */
  async statusOf(request: Buffer): Promise<number> {
    const connection = this.#idleOne() ?? this.#open();
    const status = await connection.statusOf(request);
    this.#idle.push(connection);
    return status;
  }

  close(): void {
    for (const { socket } of this.#all) socket.destroy();
  }

  #idleOne(): Connection | undefined {
    let connection = this.#idle.pop();
    while (connection && !connection.open) {
      this.#all.delete(connection);
      connection = this.#idle.pop();
    }
    return connection;
  }

  #open(): Connection {
    const connection = new Connection(connect(Number(this.url.port), this.url.hostname));
    this.#all.add(connection);
    return connection;
  }
}

class Connection {
  #answered: ((status: number) => void) | undefined;
  /** The bytes of an answer's head that have arrived so far. */
  #head: Buffer = Buffer.alloc(0);
  #status = 0;
  /** Number of bytes of the answer's body that have not arrived yet; undefined until its whole head has arrived. */
  #left: number | undefined;

  constructor(readonly socket: Socket) {
    socket.setNoDelay();
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', () => {});
    socket.on('close', () => this.#answered?.(0));
  }

  get open(): boolean {
    return !this.socket.destroyed && !this.socket.readableEnded;
  }

  statusOf(request: Buffer): Promise<number> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      if (this.open) this.socket.write(request);
      else resolve(0);
    });
  }

  #take(bytes: Buffer): void {
    if (this.#left === undefined) {
      this.#head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
      const end = this.#head.indexOf(HEAD_END);
      if (end < 0) return;
      const head = this.#head.toString('latin1', 0, end + 2);
      this.#status = Number(head.slice(STATUS.from, STATUS.to));
      this.#left = Number(LENGTH.exec(head)?.[1] ?? 0) - (this.#head.length - end - HEAD_END.length);
      this.#head = Buffer.alloc(0);
    } else this.#left -= bytes.length;
    if (this.#left > 0) return;
    this.#left = undefined;
    this.#answered?.(this.#status);
  }
}
