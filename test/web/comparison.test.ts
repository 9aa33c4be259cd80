import { expect, test } from 'vitest';
import { differenceText, FIGURES } from '../../web/page/plan/Comparison.tsx';
import { fashionReport } from './report-fixtures.ts';

const { plan } = fashionReport().runs[0]!.plans[0]!;
const withAccuracy = (share: number) => ({
  ...plan,
  predicted: { ...plan.predicted, slaAttainment: share, pas: share, endToEnd: share },
});

test('the difference of two plans is that of the figures above it', () => {
  const [pinned, now] = [withAccuracy(0.8524), withAccuracy(0.7286)];
  for (const label of ['PAS', 'Accuracy, end to end']) {
    const figure = FIGURES.find((one) => one.label === label)!;
    const texts = [pinned, now].map((one) => figure.show(figure.value(one), one));
    expect([...texts, differenceText(figure, pinned, now)]).toEqual([
      '85.2\u00a0%',
      '72.9\u00a0%',
      '−12.3 points',
    ]);
  }
});
