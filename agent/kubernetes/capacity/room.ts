/** Amounts by resource, e.g. `cpu` in cores, `memory` in bytes, `pods`, `nvidia.com/gpu`. */
export type Amounts = Readonly<Record<string, number>>;

/** The free resources of a node. */
export interface Room {
  readonly name: string;
  /** The node's allocatable resources less the requests of its pods. */
  readonly free: Amounts;
}

/** Identical pods that are to be placed. */
export interface Wanted {
  /** Name of the pods' deployment. */
  readonly name: string;
  readonly replicas: number;
  /** The resources that each pod requests. */
  readonly requests: Amounts;
  /** Names of the nodes that may run the pods. */
  readonly nodes: readonly string[];
}

/** Pods that find no room. */
export interface Unplaced {
  readonly wanted: Wanted;
  readonly replicas: number;
  /** The resources left on the nodes that may run these pods. */
  readonly left: readonly Room[];
}

/**
 * Places pods on nodes in two ways, the largest pods first: each pod on the fullest node with room, which leaves room for large
 * pods; or each on the emptiest, as Kubernetes' scheduler does by default. Pods have room if either way places them.
 * @returns the pods without room in the better of the two placements
 */
export function unplaced(wanted: readonly Wanted[], rooms: readonly Room[]): Unplaced[] {
  const [fullest, emptiest] = [1, -1].map((order) => place(wanted, rooms, order));
  return podsOf(fullest!) <= podsOf(emptiest!) ? fullest! : emptiest!;
}

const podsOf = (some: readonly Unplaced[]): number => some.reduce((sum, { replicas }) => sum + replicas, 0);

/** Places pods in one of two ways. @param order 1: the node with the fewest free cores first; -1: the one with the most */
function place(wanted: readonly Wanted[], rooms: readonly Room[], order: number): Unplaced[] {
  const free = new Map(rooms.map(({ name, free }) => [name, { ...free } as Record<string, number>]));
  const largestFirst = [...wanted].sort(
    (a, b) =>
      amount(b.requests, 'cpu') - amount(a.requests, 'cpu') ||
      amount(b.requests, 'memory') - amount(a.requests, 'memory'),
  );
  const missed = largestFirst.map((pods) => {
    let replicas = pods.replicas;
    for (; replicas > 0; replicas--) {
      const [node] = pods.nodes
        .map((name) => free.get(name)!)
        .filter((room) => fits(pods.requests, room))
        .sort((a, b) => order * (amount(a, 'cpu') - amount(b, 'cpu')));
      if (!node) break;
      for (const [resource, needed] of Object.entries(pods.requests))
        node[resource] = amount(node, resource) - needed;
    }
    return { wanted: pods, replicas };
  });
  return missed
    .filter(({ replicas }) => replicas > 0)
    .map((of) => ({ ...of, left: of.wanted.nodes.map((name) => ({ name, free: free.get(name)! })) }));
}

const amount = (amounts: Amounts, resource: string): number => amounts[resource] ?? 0;

/** The resources of which a room has too little for a pod. */
export const lacking = (requests: Amounts, room: Amounts): string[] =>
  // Sums of decimal fractions of cores are not exact, so a tiny excess counts as room.
  Object.keys(requests).filter((resource) => amount(requests, resource) > amount(room, resource) + 1e-9);

const fits = (requests: Amounts, room: Amounts): boolean => lacking(requests, room).length === 0;
