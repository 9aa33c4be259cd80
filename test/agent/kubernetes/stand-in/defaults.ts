import type { Json, JsonObject } from './fields.ts';

/** Fills in the API server's defaults for fields that an object leaves out, as far as a recording of a real server shows them. */
export function defaulted(object: JsonObject): JsonObject {
  const filled = structuredClone(object);
  if (filled.kind === 'Deployment') {
    const spec = filled.spec as JsonObject;
    podTemplate((spec.template as JsonObject).spec as JsonObject);
    fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    filled.status ??= {};
  }
  if (filled.kind === 'Service') {
    const spec = filled.spec as JsonObject;
    fill(spec, {
      type: 'ClusterIP',
      clusterIP: '10.0.0.1',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    });
    fill(spec, { clusterIPs: [spec.clusterIP!] });
    for (const port of list(spec.ports)) fill(port, { protocol: 'TCP' });
    filled.status ??= { loadBalancer: {} };
  }
  return filled;
}

function podTemplate(spec: JsonObject): void {
  fill(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  for (const container of list(spec.containers)) {
    fill(container, {
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: 'IfNotPresent',
    });
    for (const port of list(container.ports)) fill(port, { protocol: 'TCP' });
    for (const name of ['readinessProbe', 'livenessProbe', 'startupProbe']) {
      const probe = container[name] as JsonObject | undefined;
      if (!probe) continue;
      fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
      fill(probe.httpGet as JsonObject, { scheme: 'HTTP' });
    }
  }
}

const list = (value: Json | undefined): JsonObject[] => (value ?? []) as JsonObject[];

function fill(object: JsonObject, defaults: JsonObject): void {
  for (const [key, value] of Object.entries(defaults)) object[key] ??= value;
}
