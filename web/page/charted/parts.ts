/** The parts of the page that draw with the library of charts, in one file, so that they are loaded together. */
export { ProfileCells, StageCells } from '../../components/StageCells.tsx';
export { PlanPanel } from '../plan/PlanPanel.tsx';
export { Compare } from '../results/Compare.tsx';
export { Outcome } from '../try/Outcome.tsx';
