import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { connectionOf } from '../../../agent/kubernetes/client.ts';
import { ClusterUnreachableError, NoClusterError } from '../../../agent/kubernetes/errors.ts';
import { folderOfTest } from '../../temporary-folder.ts';
import { standInCluster } from './cluster.ts';
import { StandIn } from './stand-in/server.ts';

/** These tests check the credentials that a kubeconfig can have, on a server with TLS, as real ones have, and on one without. */

const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('openssl is not installed: the tests of certificates are skipped.');
    return false;
  }
})();

const kubeconfigOf = (cluster: object, user: object): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });

const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop' };
let folder: string;
let standIn: StandIn;

describe.skipIf(!hasOpenssl)('a cluster behind TLS', () => {
  const file = (name: string) => join(folder, name);
  const text = (name: string) => readFile(file(name), 'utf8');
  const base64 = async (name: string) => (await readFile(file(name))).toString('base64');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ipa-edge-tls-'));
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    for (const ca of ['ca', 'other'])
      openssl(
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', `/CN=${ca}`],
        ...['-keyout', `${ca}.key`, '-out', `${ca}.crt`],
      );
    await writeFile(file('san'), 'subjectAltName=IP:127.0.0.1');
    for (const name of ['server', 'client']) {
      const subject = ['-subj', `/CN=${name}`];
      openssl(
        'req',
        '-newkey',
        'rsa:2048',
        '-nodes',
        ...subject,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
      );
      openssl(
        ...['x509', '-req', '-days', '1', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
        ...['-extfile', 'san', '-in', `${name}.csr`, '-out', `${name}.crt`],
      );
    }
    standIn = await StandIn.start({
      key: await text('server.key'),
      cert: await text('server.crt'),
      ca: await text('ca.crt'),
    });
  });

  afterAll(async () => {
    await standIn.down();
    await rm(folder, { recursive: true });
  });

  async function clusterOf(cluster: object, user: object): Promise<KubernetesApi> {
    const kubeconfig = file('kubeconfig');
    await writeFile(kubeconfig, kubeconfigOf({ server: standIn.url, ...cluster }, user));
    return new KubernetesApi(await connectionOf({ kubeconfig }));
  }

  /** Writes a credential plug-in that returns the token in a file, and that notes each call in the file `asked`. */
  async function plugin(expires: string) {
    await writeFile(
      file('plugin'),
      `#!/bin/sh
echo asked >> ${file('asked')}
echo "{\\"apiVersion\\": \\"client.authentication.k8s.io/v1\\", \\"kind\\": \\"ExecCredential\\", \\"status\\": {\\"token\\": \\"$(cat ${file('token')})\\", \\"expirationTimestamp\\": \\"${expires}\\"}}"
`,
    );
    await chmod(file('plugin'), 0o755);
    await writeFile(file('asked'), '');
    return {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: file('plugin'),
        interactiveMode: 'Never',
      },
    };
  }
  const timesAsked = async () => (await text('asked')).split('\n').length - 1;
  const ca = async () => ({ 'certificate-authority-data': await base64('ca.crt') });

  test('lets in a certificate that stands in the kubeconfig', async () => {
    const cluster = await clusterOf(await ca(), {
      'client-certificate-data': await base64('client.crt'),
      'client-key-data': await base64('client.key'),
    });
    expect((await cluster.list(ref)).items).toEqual([]);
  });

  test('lets in certificates that lie beside the kubeconfig', async () => {
    const user = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };
    const cluster = await clusterOf({ 'certificate-authority': 'ca.crt' }, user);
    expect((await cluster.list(ref)).items).toEqual([]);
  });

  test('lets in the token of a plug-in, which is asked once while it is valid', async () => {
    await writeFile(file('token'), standIn.authorization.replace('Bearer ', ''));
    const cluster = await clusterOf(await ca(), await plugin('2999-01-01T00:00:00Z'));
    for (let i = 0; i < 3; i++) expect((await cluster.list(ref)).items).toEqual([]);
    expect(await timesAsked()).toBe(1);
  });

  test('lets in the next token of a plug-in when one has expired', async () => {
    await writeFile(file('token'), 'of yesterday');
    const cluster = await clusterOf(await ca(), await plugin('2000-01-01T00:00:00Z'));
    await expect(cluster.list(ref)).rejects.toMatchObject({ status: 401 });
    await writeFile(file('token'), standIn.authorization.replace('Bearer ', ''));
    expect((await cluster.list(ref)).items).toEqual([]);
    expect(await timesAsked()).toBe(2);
  });

  test('is not talked to where another authority has signed its certificate', async () => {
    const authority = { 'certificate-authority-data': await base64('other.crt') };
    const cluster = await clusterOf(authority, { token: 'none' });
    const error = await cluster.list(ref).catch((caught) => caught);
    expect(error).toBeInstanceOf(ClusterUnreachableError);
    expect(error.message).toMatch(/certificate|self-signed/);
  });

  test('is not asked where the plug-in fails, which says why', async () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'sh',
      args: ['-c', 'echo log in first >&2; exit 1'],
    };
    const cluster = await clusterOf(await ca(), { exec });
    const error = await cluster.list(ref).catch((caught) => caught);
    expect(error).toBeInstanceOf(NoClusterError);
    expect(error.message).toContain('log in first');
  });
});

test('a server without TLS, such as kubectl proxy, is asked without credentials', async () => {
  const { standIn } = await standInCluster();
  const sent: (string | undefined)[] = [];
  const proxy = createServer(async ({ url, headers }, response) => {
    sent.push(headers.authorization);
    const answer = await fetch(standIn.url + url, { headers: { authorization: standIn.authorization } });
    response.writeHead(answer.status).end(await answer.text());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const kubeconfig = join(folderOfTest(), 'kubeconfig');
  const { port } = proxy.address() as AddressInfo;
  const server = `http://127.0.0.1:${port}`;
  await writeFile(kubeconfig, kubeconfigOf({ server }, { token: 'secret' }));
  const cluster = new KubernetesApi(await connectionOf({ kubeconfig }));
  expect((await cluster.list(ref)).items).toEqual([]);
  expect(sent).toEqual([undefined]);
});

/** How the agent would ask a cluster: its server, and the header with the credentials. */
async function asks(options: Parameters<typeof connectionOf>[0] = {}) {
  const { server, authorise } = await connectionOf(options);
  const { headers } = await authorise({ headers: {} });
  return [server, (headers as Record<string, string>).Authorization];
}

test('of several kubeconfigs the first counts, as for kubectl, and those that do not exist are passed over', async () => {
  const folder = folderOfTest();
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  await writeFile(first, kubeconfigOf({ server: 'https://first' }, { token: 'one' }));
  const other = kubeconfigOf({ server: 'https://second' }, { token: 'two' });
  await writeFile(second, other.replaceAll(/: [cux]$/gm, '$&2'));
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('KUBECONFIG', [join(folder, 'none'), first, second, first].join(delimiter));
  expect(await asks()).toEqual(['https://first', 'Bearer one']);
  expect(await asks({ context: 'x2' })).toEqual(['https://second', 'Bearer two']);
});

test('the token file and the plug-in of a user lie beside the kubeconfig, as for kubectl', async () => {
  const folder = folderOfTest();
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(join(folder, 'token'), 'kept\n');
  await writeFile(join(folder, 'plugin'), '#!/bin/sh\necho \'{"status": {"token": "made"}}\'\n');
  await chmod(join(folder, 'plugin'), 0o755);
  for (const [user, token] of [
    [{ tokenFile: 'token', token: 'stale' }, 'kept'],
    [{ exec: { command: './plugin' } }, 'made'],
  ] as const) {
    await writeFile(kubeconfig, kubeconfigOf({ server: 'https://c' }, user));
    expect(await asks({ kubeconfig })).toEqual(['https://c', `Bearer ${token}`]);
  }
});

test('incomplete entries that the context does not need do not matter, as for kubectl', async () => {
  const kubeconfig = join(folderOfTest(), 'kubeconfig');
  const whole = parse(kubeconfigOf({ server: 'https://c' }, { token: 'one' })) as Record<string, object[]>;
  const entries = {
    clusters: [{ name: 'old', cluster: {} }, ...whole.clusters!],
    contexts: [{ name: 'old', context: { user: 'u' } }, ...whole.contexts!],
  };
  await writeFile(kubeconfig, stringify({ ...whole, ...entries }));
  expect(await asks({ kubeconfig })).toEqual(['https://c', 'Bearer one']);
  await expect(asks({ kubeconfig, context: 'old' })).rejects.toThrow(
    'the kubeconfig has no context old with a server.',
  );
});

test.each(['10.0.0.1:6443', 'localhost', 'ftp://c'])(
  'a server without https:// or http:// is refused: %s',
  async (server) => {
    const kubeconfig = join(folderOfTest(), 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigOf({ server }, { token: 'one' }));
    const refused = connectionOf({ kubeconfig });
    await expect(refused).rejects.toThrow(
      `cluster c has the server ${server}, which does not begin with https://`,
    );
    await expect(refused).rejects.toBeInstanceOf(NoClusterError);
  },
);

test('a user who acts as another one does so as a member of the groups that the kubeconfig names', async () => {
  const kubeconfig = join(folderOfTest(), 'kubeconfig');
  const user = { token: 'one', as: 'admin', 'as-groups': ['system:masters', 'dev'] };
  await writeFile(kubeconfig, kubeconfigOf({ server: 'https://c' }, user));
  const { authorise } = await connectionOf({ kubeconfig });
  expect((await authorise({ headers: {} })).headers).toEqual({
    Authorization: 'Bearer one',
    'Impersonate-User': 'admin',
    'Impersonate-Group': ['system:masters', 'dev'],
  });
});
