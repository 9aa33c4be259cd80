export { nodeEnvironment as environment } from './environment/node.ts';
export * from './index.common.ts';
export { openPlanner } from './planner/node.ts';
export { frontierOnce as frontier, planOnce as plan } from './planner/planner.ts';
export { learnedPredictor } from './predictor/node.ts';
export { openFileStore as openStore } from './store/node.ts';
