import { describe, expect, it } from 'vitest';
import { adaptationReport, adaptiveRun } from './adaptation-fixtures.ts';
import { fashionReport } from './report-fixtures.ts';
import { reportViewer } from './report-viewer.ts';
import { expectWalked } from './walked-chart.ts';

const show = reportViewer();
/** Tests leave these reports unchanged, so the page loads each once for tests that follow each other. */
const bench = fashionReport();
const adapted = adaptiveRun();
const comparison = adaptationReport();

/** Expects that the page shows this many charts, and that no chart draws the outline of a text over its data. */
async function expectNoOutlines({ page }: Awaited<ReturnType<typeof show>>, drawn: number): Promise<void> {
  const charts = page.locator('svg.chart');
  await expect.poll(() => charts.count()).toBe(drawn);
  const outlined = await charts.evaluateAll(
    (all) =>
      all.flatMap((chart) => [
        ...chart.querySelectorAll(
          ':is([aria-label=line], [aria-label=dot], [aria-label=rule]) ~ [aria-label=text][stroke*=surface]',
        ),
      ]).length,
  );
  expect(outlined).toBe(0);
}

describe('a chart of the report', () => {
  it('has no outline of a text over its data: a bench', async () => {
    await expectNoOutlines(await show(bench), 20);
  });

  it('of latencies has a dot for each request, in one element for each outcome, so that long runs stay quick to show', async () => {
    const { page } = await show(bench);
    // The heaviest variants are the ones with requests of all four outcomes.
    const run = bench.runs[1]!;
    const dots = page.locator('#runs figure').nth(1).locator('svg.chart [aria-label=dot] > *');
    await expect.poll(() => dots.count()).toBe(4);
    const drawn = await dots.evaluateAll((all) =>
      all.map((path) => path.getAttribute('d')!.split('M').length - 1),
    );
    const latencies = run.requests.flatMap(({ latencyMs }) => latencyMs ?? []);
    const within = latencies.filter((ms) => ms <= run.slaMs).length;
    const { shed, failed } = run.result;
    expect(drawn).toEqual([within, latencies.length - within, shed, failed]);
  });

  it('of the stages of a plan has a line at the SLA', async () => {
    const { page } = await show(bench);
    await page
      .locator('#plans figure svg text', { hasText: /^SLA [\d,.]+ ms$/ })
      .first()
      .waitFor();
    const line = page
      .locator('#plans figure')
      .first()
      .locator('line[stroke-dasharray="6 3"], [stroke-dasharray="6 3"] line');
    expect(await line.count()).toBe(1);
  });

  it('tells by pointer and by keyboard of the latency of each request, the bound by stage, combinations and the frontier', async () => {
    const { page } = await show(bench);
    for (const [figure, first, last] of [
      [
        '#runs figure',
        /^0 to 1 s: \d+ requests? \d+ within the SLA.* p50 .* ms, longest .* ms$/,
        /^\d+ to \d+ s: /,
      ],
      [
        '#plans figure',
        /^\S+: bound .* ms of SLA .* ms detect .*, of it wait .* classify /,
        /: bound .* of SLA /,
      ],
      [
        '#choices figure',
        /^det4 → linear accuracy .*, attainment .* p95 .*, cost /,
        /^det16 → res32 accuracy /,
      ],
      [
        '#choices figure:has-text("Accuracy for cost")',
        /^det\d+ → \w+ PAS .*, cost .*, bound .* ms (chosen with β .*|no β chooses it)$/,
        /^det\d+ → \w+ PAS /,
      ],
    ] as const)
      await expectWalked(page, page.locator(figure).first(), first, last);
  });

  it('of combinations is of PAS, by name, where not every accuracy end to end was measured', async () => {
    const report = fashionReport();
    for (const one of report.combinations) one.endToEnd = null;
    const axisOf = async (shown: typeof report) => {
      const { page } = await show(shown);
      const charts = page.locator('#choices figure', { hasText: 'Combinations' }).first();
      return charts.locator('svg text', { hasText: '(%) →' }).first().textContent();
    };
    expect(await axisOf(bench)).toBe('accuracy, end to end (%) →');
    expect(await axisOf(report)).toBe('PAS (%) →');
  });

  it('of the stages of plans with several SLAs has one label, because those of near lines would overlap', async () => {
    const report = fashionReport();
    report.runs[1]!.plans[0]!.plan.slaMs = 38;
    const { page } = await show(report);
    const figure = page.locator('#plans figure').first();
    await figure.locator('svg text', { hasText: 'SLA' }).first().waitFor();
    expect(await figure.locator('svg text', { hasText: 'SLA' }).allTextContents()).toEqual([
      'SLA 38 and 40 ms',
    ]);
  });

  it('has no outline of a text over its data: a run that adapts', async () => {
    await expectNoOutlines(await show(adapted), 9);
  });

  it('of a run that adapts says what its lines are', async () => {
    const { page } = await show(adapted);
    expect(await page.locator('#runs .legend').textContent()).toContain('new plan');
    const sla = page.locator('#runs svg.chart text', { hasText: 'SLA' }).first();
    expect(await sla.textContent()).toMatch(/^SLA500\sms$/);
  });

  it('tells of the plan that is pointed at, at its edges too', async () => {
    const { page } = await show(adapted);
    const strip = page.locator('#over-time').getByRole('application').nth(5);
    // The pointer is on the first plan, right beside the axis.
    await strip.hover({ position: { x: 52, y: 60 } });
    await expect.poll(() => strip.locator('[aria-label=tip]').textContent()).toContain('det16 × 1 × 2');
  });

  it('tells of what changes over time by pointer and by keyboard: lines, and the plans that served', async () => {
    const { page } = await show(adapted);
    const figure = page.locator('#over-time figure');
    await expectWalked(page, figure, /^0 s forecast p90 \d/, /^\d{2,} s forecast p90 \d/);
    await expectWalked(page, figure, /^det16 × 1 × 2 on \w+ 0 to \d+ s$/, /^det\d+ × .* \d+ to \d+ s$/, 5);
  });

  it('of a run over time names the second row of a cascade as its table of plans does', async () => {
    const run = adaptiveRun();
    const { stages, workers } = run.plans[0]!.plan;
    const light = stages.at(-1)!;
    const escalation = { from: light.name, below: 0.9, share: 0.2, accuracy: 0.9 };
    stages.push({ ...light, name: `${light.name}-heavy`, escalation });
    for (const worker of workers)
      if (worker.stages.includes(light.name)) worker.stages.push(`${light.name}-heavy`);
    const { page } = await show(run);
    const name = `${light.name} (second)`;
    await page
      .locator('#over-time svg text', { hasText: `${name}: replicas` })
      .first()
      .waitFor();
    const heads = page.locator('#over-time thead', { hasText: 'variant × batch × replicas' });
    expect(await heads.textContent()).toContain(`${name}: variant × batch × replicas`);
  });

  it('tells of the cost and accuracy of every system by pointer and by keyboard', async () => {
    const { page } = await show(comparison);
    await page.locator('.findings a').first().click();
    await expectWalked(
      page,
      page.locator('#comparison-0 figure').first(),
      /^IPA PAS .*, cost .* attainment /,
      /^ours /,
    );
  });

  it('tells of systems that lie on each other in one place', async () => {
    const report = adaptationReport();
    const [ipa, low] = report.comparisons[0]!.rivals;
    Object.assign(low!, { cost: ipa!.cost, pas: ipa!.pas });
    const { page } = await show(report);
    await page.locator('.findings a').first().click();
    const figure = page.locator('#comparison-0 figure').first();
    await expectWalked(page, figure, /^IPA PAS .* FA2-low PAS .*, cost .* attainment /, /^ours /);
    expect(await figure.locator('svg').textContent()).toContain('IPA, FA2-low');
  });
});
