import { randomBytes } from 'node:crypto';
import type { ObjectChange } from '../cluster/engine.ts';
import { ChangedMeanwhileError } from './errors.ts';
import { objectLabels, objectNames } from './objects/labels.ts';
import { TOKEN_KEY } from './objects/pods.ts';
import type { Place } from './place.ts';

const tokenRef = ({ pipeline, namespace }: Place) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: objectNames(pipeline).token, namespace },
});

/**
 * Returns the command by which a user creates the Secret with a random token.
 * @param namespace the name of a namespace, or the action of a Helm template that gives the name
 */
export const tokenCommand = (pipeline: string, namespace: string): string =>
  `kubectl create secret generic --namespace ${namespace} ${objectNames(pipeline).token} ` +
  `--from-literal=${TOKEN_KEY}="$(openssl rand -hex 32)"`;

/** Reads the token that a pipeline's pods require for changes; undefined if no plan was applied. @throws ApiError */
export async function tokenOf(place: Place): Promise<string | undefined> {
  const secret = await place.api.read(tokenRef(place));
  const data = (secret?.data as Record<string, string> | undefined)?.[TOKEN_KEY];
  // The pods read the Secret without the line break at its end, if it has one.
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString().trim();
}

/** Creates the Secret with a random token, unless it exists. The token is never shown. */
export async function ensureToken(place: Place, dryRun: boolean): Promise<ObjectChange> {
  const { api, pipeline } = place;
  const ref = tokenRef(place);
  const { kind, metadata } = ref;
  const change = (state: ObjectChange['state']) => ({ kind, name: metadata.name, state, changes: [] });
  if ((await api.read(ref)) !== null) return change('unchanged');
  if (!dryRun) {
    const token = randomBytes(32).toString('base64url');
    await api
      .create({
        ...ref,
        metadata: { ...metadata, labels: objectLabels(pipeline, 'token') },
        type: 'Opaque',
        data: { [TOKEN_KEY]: Buffer.from(token).toString('base64') },
      })
      .catch((error) => {
        // Another process has created the Secret first; its token serves as well.
        if (!(error instanceof ChangedMeanwhileError)) throw error;
      });
  }
  return change('created');
}
