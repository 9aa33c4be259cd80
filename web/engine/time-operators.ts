import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { CellKey } from '../../solver/documents/cell.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { measureOperators } from '../../workers/profiler/operators.ts';
import type { OperatorTimes } from '../../workers/stage/protocol.ts';

/** Times the operators of a variant in this page. @throws the errors of `measureOperators` */
export const timeOperators = (
  models: LoadedManifest,
  key: CellKey,
  signal: AbortSignal,
): Promise<OperatorTimes> => measureOperators(models, browserEnvironment(), key, signal);
