import type { Reporter, TestCase, Vitest } from 'vitest/node';

/** Prints why a test failed that passed on its second try. The default reporter only counts such tests. */
export default class RetriedTests implements Reporter {
  #vitest!: Vitest;
  readonly #retried: TestCase[] = [];

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#retried.push(test);
  }

  onTestRunEnd(): void {
    for (const test of this.#retried) {
      this.#vitest.logger.log(
        `\nPassed on its second try: ${test.module.relativeModuleId} > ${test.fullName}`,
      );
      for (const { stack, message } of test.result().errors ?? []) this.#vitest.logger.log(stack ?? message);
    }
  }
}
