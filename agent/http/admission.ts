import { UnavailableError } from '../service/errors.ts';

/** Most bytes of request bodies that are in memory at a time. A single body may exceed a limit if no other counts against that limit. */
export interface MemoryLimits {
  readonly total: number;
  /** From one address, so that one client leaves room for others. All clients behind a proxy have its address. */
  readonly perAddress: number;
  /** From one connection, which may send further requests before the first is answered. */
  readonly perConnection: number;
}

/** Bytes that are held for a connection, an address, or all together. */
interface Account {
  bytes: number;
}

/** A request whose body is in memory, or on its way. */
export interface Admitted {
  /** Counts bytes that have arrived. @throws UnavailableError if they are too many; they are not counted then */
  take(bytes: number): void;
  /** Gives all bytes back, once nothing needs them. */
  leave(): void;
}

/**
 * Counts the bytes of request bodies in memory. It counts what has arrived, not what a client announces: announcing costs a
 * client nothing.
 */
export class Admission {
  readonly #all: Account = { bytes: 0 };
  readonly #addresses = new Map<string, Account>();
  readonly #connections = new WeakMap<object, Account>();

  constructor(private readonly limits: MemoryLimits) {}

  /** Begins to count a request. @param connection stands for the connection by which the request comes */
  enter(connection: object, address: string): Admitted {
    const { total, perAddress, perConnection } = this.limits;
    const ofConnection = entry(this.#connections, connection);
    let own = 0;
    return {
      take: (bytes) => {
        const ofAddress = entry(this.#addresses, address);
        const accounts = [
          [this.#all, total, 'Requests that are being received'],
          [ofAddress, perAddress, 'Requests from this address'],
          [ofConnection, perConnection, 'Requests on this connection'],
        ] as const;
        for (const [account, bytesMax, which] of accounts)
          if (account.bytes > own && account.bytes + bytes > bytesMax)
            throw new UnavailableError(`${which} already use all the memory that is reserved for them`, 1);
        own += bytes;
        for (const [account] of accounts) account.bytes += bytes;
      },
      leave: () => {
        if (own === 0) return;
        const ofAddress = entry(this.#addresses, address);
        for (const account of [this.#all, ofAddress, ofConnection]) account.bytes -= own;
        own = 0;
        if (ofAddress.bytes === 0) this.#addresses.delete(address);
      },
    };
  }
}

function entry<K>(
  accounts: { get(key: K): Account | undefined; set(key: K, value: Account): unknown },
  key: K,
) {
  const account = accounts.get(key) ?? { bytes: 0 };
  accounts.set(key, account);
  return account;
}
