import { UnavailableError } from '../service/errors.ts';

/**
 * At most this many bytes of request bodies may be in memory at a time. A single body may exceed a limit if no other body counts
 * against that limit.
 */
export interface MemoryLimits {
  readonly total: number;
  /**
   * Limit for the bodies from one address, so that one client leaves room for others. All clients behind one proxy share this
   * limit.
   */
  readonly perAddress: number;
  /** Limit for the bodies from one connection, which may send further requests before the first is answered. */
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
  /** Stops counting the request's bytes, once nothing needs its body. */
  leave(): void;
}

/**
 * Counts the bytes of request bodies in memory: those that have arrived, not those that a client announces, because announcing
 * costs a client nothing.
 */
export class Admission {
  readonly #all: Account = { bytes: 0 };
  readonly #addresses = new Map<string, Account>();
  readonly #connections = new WeakMap<object, Account>();

  constructor(private readonly limits: MemoryLimits) {}

  /** Begins to count a request. @param connection any object that identifies the request's connection, e.g. its socket */
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
