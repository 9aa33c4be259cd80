import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HubClient } from '../../../workers/hub/client.ts';
import { InvalidEndpointError, InvalidProxyError } from '../../../workers/hub/errors.ts';
import { COMMIT, LocalHub } from '../../hub.ts';

test.each(['huggingface.co', 'ftp://host', 'http://'])('HF_ENDPOINT=%s is refused', (endpoint) => {
  expect(() => new HubClient({ env: { HF_ENDPOINT: endpoint } })).toThrow(InvalidEndpointError);
});

/** A proxy on loopback that counts what passes through it: requests by their whole address, and tunnels to hosts. */
async function startProxy() {
  const passed: string[] = [];
  const proxy = createServer(({ url = '', headers }, response) => {
    passed.push(`GET ${new URL(url).host}`);
    request(url, { headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    }).end();
  });
  proxy.on('connect', ({ url }, socket) => {
    passed.push(`CONNECT ${url}`);
    const { hostname, port } = new URL(`http://${url}`);
    const to = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      to.pipe(socket);
      socket.pipe(to);
    });
    for (const end of [to, socket]) end.on('error', () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return { passed, url, close: () => proxy.close() };
}

describe('a proxy', () => {
  let hub: LocalHub;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  beforeEach(async () => {
    [hub, proxy] = await Promise.all([LocalHub.start(), startProxy()]);
    hub.publish('a/b', { 'onnx/model.onnx': new Uint8Array(9) });
  });
  afterEach(async () => {
    proxy.close();
    await hub.close();
  });

  /** Reads a large file, to which a redirect of the hub leads. */
  async function download(env: Record<string, string>): Promise<void> {
    const client = new HubClient({ env: { HF_ENDPOINT: hub.url, ...env } });
    const { body } = await client.get(`${hub.url}/a/b/resolve/${COMMIT}/onnx/model.onnx`);
    expect(await body.arrayBuffer()).toHaveProperty('byteLength', 9);
  }

  test('that the environment names carries every request', async () => {
    await download({ HTTP_PROXY: proxy.url });
    expect(proxy.passed).toHaveLength(2);
    expect(proxy.passed[0]).toMatch(new RegExp(`^(GET|CONNECT) ${new URL(hub.url).host}$`));
  });

  test('carries none to a host that NO_PROXY names, or where none is named', async () => {
    await download({ http_proxy: proxy.url, NO_PROXY: '127.0.0.1' });
    expect(proxy.passed).toEqual([]);
  });

  test.each(['proxy:3128', 'socks5://host', 'http://'])('whose address is %s is refused', (address) => {
    expect(() => new HubClient({ env: { HTTPS_PROXY: address } })).toThrow(InvalidProxyError);
  });
});
