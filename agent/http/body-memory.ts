import { getOrMake } from '../../solver/math/maps.ts';
import { UnavailableError } from '../service/errors.ts';

/**
 * Limits for the bytes of request bodies that are in memory at a time. A single body may exceed a limit if no other body counts
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

/** The bytes in memory of the bodies from one connection, from one address, or from all clients. */
interface Account {
  bytes: number;
}

/** A body of which some bytes have arrived, but not all. */
interface Arriving {
  /** The accounts that count its bytes. */
  accounts: readonly Account[];
  bytes: number;
  refuse(error: UnavailableError): void;
}

/** A request whose body is in memory, or on its way. */
export interface HeldBody {
  /** Counts bytes that have arrived. @throws UnavailableError if these bytes exceed a limit; they then stay uncounted */
  take(bytes: number): void;
  /** Stops counting the request's bytes, once nothing needs its body. */
  leave(): void;
}

/**
 * Counts the bytes of request bodies in memory. Only bytes that have arrived count, because to announce bytes costs a client
 * nothing. If a body exceeds a limit, the largest unfinished body under this limit is refused in its place, if that body holds
 * more bytes than the exceeding body announces; otherwise the exceeding body is refused. So a few clients that never end their
 * bodies cannot keep all others out.
 */
export class BodyMemory {
  readonly #all: Account = { bytes: 0 };
  readonly #addresses = new Map<string, Account>();
  readonly #connections = new WeakMap<object, Account>();
  readonly #arriving = new Set<Arriving>();

  constructor(private readonly limits: MemoryLimits) {}

  /**
   * Begins to count a request.
   * @param connection any object that identifies the request's connection, e.g. its socket
   * @param length announced length of the body in bytes
   * @param refuse ends the request if its body gives place to a shorter one; its bytes are no longer counted
   */
  enter(
    connection: object,
    address: string,
    length: number,
    refuse: (error: UnavailableError) => void,
  ): HeldBody {
    const { total, perAddress, perConnection } = this.limits;
    const body: Arriving = {
      accounts: [],
      bytes: 0,
      refuse(error) {
        leave();
        refuse(error);
      },
    };
    const take = (bytes: number): void => {
      const accounts = [
        [
          getOrMake(this.#connections, connection, emptyAccount),
          perConnection,
          'Requests on this connection',
        ],
        [getOrMake(this.#addresses, address, emptyAccount), perAddress, 'Requests from this address'],
        [this.#all, total, 'Requests that are being received'],
      ] as const;
      for (const [account, bytesMax, which] of accounts) {
        if (account.bytes === body.bytes || account.bytes + bytes <= bytesMax) continue;
        const error = new UnavailableError(
          `${which} already use all the memory that is reserved for them`,
          1,
        );
        const largest = this.#largest(account);
        if (largest === undefined || largest.bytes <= length) throw error;
        largest.refuse(error);
        take(bytes);
        return;
      }
      body.accounts = accounts.map(([account]) => account);
      body.bytes += bytes;
      for (const account of body.accounts) account.bytes += bytes;
      if (body.bytes < length) this.#arriving.add(body);
      else this.#arriving.delete(body);
    };
    const leave = (): void => {
      this.#arriving.delete(body);
      for (const account of body.accounts) account.bytes -= body.bytes;
      body.bytes = 0;
      if (this.#addresses.get(address)?.bytes === 0) this.#addresses.delete(address);
    };
    return { take, leave };
  }

  /** The unfinished body that holds the most bytes of an account; undefined if the account has no unfinished body. */
  #largest(account: Account): Arriving | undefined {
    let largest: Arriving | undefined;
    for (const body of this.#arriving)
      if (body.accounts.includes(account) && body.bytes > (largest?.bytes ?? 0)) largest = body;
    return largest;
  }
}

const emptyAccount = (): Account => ({ bytes: 0 });
