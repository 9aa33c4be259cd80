import type { Endpoint } from 'comlink';

/** Either end of a child process's IPC channel. */
interface IpcPeer {
  send(message: unknown): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
}

/** Comlink over the IPC channel of a child process (serialization `advanced`, which copies: there is no transfer). */
export function ipcEndpoint(peer: IpcPeer): Endpoint {
  const wrapped = new Map<unknown, (message: unknown) => void>();
  return {
    postMessage: (message) => void peer.send(message),
    addEventListener(_type, listener) {
      const call = (data: unknown) => {
        const event = { data } as MessageEvent;
        if (typeof listener === 'function') listener(event);
        else listener.handleEvent(event);
      };
      wrapped.set(listener, call);
      peer.on('message', call);
    },
    removeEventListener(_type, listener) {
      const call = wrapped.get(listener);
      if (call) peer.off('message', call);
      wrapped.delete(listener);
    },
  };
}
