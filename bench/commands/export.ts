import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { type LoadedManifest, loadManifest, resolveFile } from '../../models/load.ts';
import { tensorNames } from '../../models/onnx.ts';
import { outputDims } from '../../models/tasks/index.ts';
import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import { kserveObjects } from '../../solver/exports/kserve.ts';
import { kubernetesObjects } from '../../solver/exports/kubernetes/objects.ts';
import { type TritonModel, tritonRepository } from '../../solver/exports/triton/repository.ts';
import type { KubernetesObject } from '../../solver/exports/types.ts';
import { UsageError } from '../exit.ts';
import { readJson, writeWhole } from '../files.ts';
import { readAny, ROOT } from '../host.ts';
import * as option from '../options.ts';

const FORMATS = ['kubernetes', 'kserve', 'triton'] as const;

export const exportCommand = () =>
  new Command('export')
    .description('write a plan as Kubernetes objects, for KServe, or as a Triton model repository')
    .requiredOption('--plan <file>', 'what to run')
    .addOption(option.choice('--format <name>', 'what is to read it', FORMATS).makeOptionMandatory())
    .requiredOption('--out <dir>', 'where the files go')
    .addOption(option.pipelineOption())
    .addOption(option.manifestOption())
    .addOption(option.jsonOption())
    .addHelpText(
      'after',
      `
The pipeline is the plan's unless --pipeline or --manifest says otherwise. kubernetes and kserve run pods of the image
that agent/Containerfile builds; triton gets a copy of the planned models.

  $ ipa-edge export --plan plan.json --format kubernetes --out k8s && kubectl apply -f k8s
  $ ipa-edge export --plan plan.json --format triton --out repository`,
    );
