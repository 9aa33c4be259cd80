import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyRequest } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openToken, tokenRequired } from '../../agent/http/token.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { engineIn, standInCluster } from './kubernetes/cluster.ts';

test('a token that is exchanged while the agent runs holds from then on, and the one before no longer; without its file the agent is unavailable', async () => {
  const file = join(folderOfTest(), 'token');
  await writeFile(file, 'first\n');
  const check = tokenRequired(await openToken(file));
  const sent = (token: string) => check({ headers: { authorization: `Bearer ${token}` } } as FastifyRequest);
  await sent('first');
  await writeFile(file, 'second\n');
  await sent('second');
  await expect(sent('first')).rejects.toMatchObject({ name: 'TokenError' });
  await rm(file);
  await expect(sent('second')).rejects.toMatchObject({
    name: 'UnavailableError',
    message: expect.not.stringContaining(file),
  });
});

test('a token from the environment counts without the line break at its end', async () => {
  vi.stubEnv('IPA_AGENT_TOKEN', 'secret\n');
  onTestFinished(() => void vi.unstubAllEnvs());
  const check = tokenRequired(await openToken(undefined));
  await check({ headers: { authorization: 'Bearer secret' } } as FastifyRequest);
});

test('the gateway sends the token of a Secret without the line break at its end', async () => {
  const { cluster } = await standInCluster();
  await cluster.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'fashion-token', namespace: 'shop' },
    data: { token: Buffer.from('secret\n').toString('base64') },
  });
  expect(await engineIn(cluster).stageToken()).toBe('secret');
});

test('a token file that is not there ends the start, with its name', async () => {
  await expect(openToken('/no/such/token')).rejects.toMatchObject({
    name: 'UsageError',
    message: expect.stringContaining('/no/such/token'),
  });
});

test('a token file without an end is not read to its end', async () => {
  await expect(openToken('/dev/zero')).rejects.toMatchObject({
    name: 'UsageError',
    message: expect.stringContaining('/dev/zero cannot be read: it has more than'),
  });
});
