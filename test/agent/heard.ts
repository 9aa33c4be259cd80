import type { Socket } from 'node:net';

/** Returns a function that gives what a socket has received from now on. */
export function heardOn(socket: Socket): () => string {
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  return () => heard;
}
