/**
 * The workers of a page share ONNX Runtime's compiled WebAssembly, because to compile it takes longer than the rest of a worker's
 * start. A worker that has compiled the code sends it to the page, and workers that start after that get it from the page.
 */

/** The first message to a worker: the compiled code, or a port on which the worker may send it. */
interface Offer {
  readonly ortCode: WebAssembly.Module | MessagePort;
}

/** The compiled code, once a worker of this page has sent it. */
let code: WebAssembly.Module | undefined;

/** Offers a new worker the compiled code, or asks for it. The page calls this before it sends the worker any other message. */
export function offerCode(worker: Worker): void {
  if (code) {
    worker.postMessage({ ortCode: code } satisfies Offer);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<WebAssembly.Module>) => {
    code ??= data;
    port1.close();
  };
  worker.postMessage({ ortCode: port2 } satisfies Offer, [port2]);
}

/** Takes the page's offer. A worker calls this when its script is loaded, because the offer is the first message to arrive. */
export function takeCode(): void {
  const take = ({ data }: MessageEvent<Partial<Offer>>) => {
    if (data.ortCode) shareCode(data.ortCode);
  };
  addEventListener('message', take, { once: true });
}

/**
 * ONNX Runtime has no option for compiled code, so `shareCode` replaces, for one call, the function with which ONNX Runtime
 * compiles its code. If the browser cannot compile the code as it arrives, ONNX Runtime downloads it again, and this worker
 * shares nothing.
 */
function shareCode(known: Offer['ortCode']): void {
  const compile = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (source, imports) => {
    WebAssembly.instantiateStreaming = compile;
    if (known instanceof MessagePort) {
      const compiled = await compile(source, imports);
      known.postMessage(compiled.module);
      return compiled;
    }
    // ONNX Runtime has begun to download its code, which this worker does not need.
    Promise.resolve(source)
      .then(({ body }) => body?.cancel())
      .catch(() => {});
    return { module: known, instance: await WebAssembly.instantiate(known, imports) };
  };
}
