import { expect, test } from 'vitest';
import { InvalidDocumentError, UnsupportedDocumentError } from '../../solver/documents/document.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { type PartialPlanRequest, planRequest } from '../../solver/plan/request.ts';
import { cell, profile, runs } from './profiles.ts';

const MEASURED = profile([cell('detect', 's', 'cpu', 1, runs(4)), cell('classify', 's', 'cpu', 1, runs(2))]);
const ASKED = { slaMs: 100, ratePerS: 1 };

test.each([
  [undefined, '(root): expected object, found nothing'],
  [null, '(root): expected object, found null'],
  [{}, 'slaMs: expected number, found nothing'],
  [{ ...ASKED, backends: 'cpu' }, 'backends: expected array, found "cpu"'],
  [{ ...ASKED, backends: ['gpu'] }, 'backends[0]: Invalid option: expected one of'],
  [{ ...ASKED, objective: 5 }, 'objective: expected object, found 5'],
  [
    { ...ASKED, objective: { delta: 1e308 } },
    'objective.delta: expected at most 1000000000000, found 1e+308',
  ],
  [{ ...ASKED, ratePerS: 1e300 }, 'ratePerS: expected at most 1000000000, found 1e+300'],
  [{ ...ASKED, resources: 2 }, 'resources: expected object, found 2'],
  [{ ...ASKED, resources: { cores: 1e6 } }, 'resources.cores: expected at most 10000, found 1000000'],
  [
    { ...ASKED, resources: { pricePerCore: 1e300 } },
    'resources.pricePerCore: expected at most 1000000000000, found 1e+300',
  ],
  [{ ...ASKED, cascades: 'no' }, 'cascades: expected boolean, found "no"'],
  [{ ...ASKED, downshift: 0 }, 'downshift: expected boolean, found 0'],
  [{ ...ASKED, body: 'xml' }, 'body: Invalid option: expected one of "binary"|"json", found "xml"'],
])('the request %j for a plan is refused with what is wrong', (request, problem) => {
  const ask = () => planRequest(MEASURED, request as unknown as PartialPlanRequest);
  expect(ask).toThrow(InvalidDocumentError);
  expect(ask).toThrow(problem);
});

test.each([
  [undefined, 'nothing'],
  [{ schema: 'ipa-edge/plan@1' }, '"ipa-edge/plan@1"'],
  [Promise.resolve(MEASURED), 'nothing'],
])('a plan on something other than a profile is refused with what was found', (found, shown) => {
  const ask = () => planRequest(found as unknown as Profile, ASKED);
  expect(ask).toThrow(UnsupportedDocumentError);
  expect(ask).toThrow(`has "schema": ${shown}, but "ipa-edge/profile@1" is read here`);
});
