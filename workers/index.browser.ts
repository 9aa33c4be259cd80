export { browserEnvironment as environment } from './environment/browser.ts';
export * from './index.common.ts';
export { frontier, openPlanner, plan } from './planner/browser.ts';
export { learnedPredictor } from './predictor/browser.ts';
export { openBrowserStore as openStore } from './store/browser.ts';
