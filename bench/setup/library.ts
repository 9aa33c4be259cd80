import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { recipeSchema } from '../../models/hub/recipe.ts';
import { manifestSchema } from '../../models/manifests/manifest.ts';
import { planSchema } from '../../solver/documents/plan.ts';
import { problemSchema } from '../../solver/documents/problem.ts';
import { profileSchema } from '../../solver/documents/profile.ts';
import { publishedSchema } from '../../solver/documents/published.ts';
import { reportSchema } from '../../solver/documents/report.ts';
import { traceSchema } from '../../solver/documents/trace.ts';
import { ROOT } from '../../workers/command/root.ts';

const LIBRARY = join(ROOT, 'dist/lib');

const SCHEMAS = {
  manifest: manifestSchema,
  recipe: recipeSchema,
  profile: profileSchema,
  plan: planSchema,
  trace: traceSchema,
  report: reportSchema,
  problem: problemSchema,
  published: publishedSchema,
};

/** The last file in `dist` that {@link buildLibrary} writes. */
export const LAST_BUILT = 'schema/published.schema.json';

/** The modules that Node starts: the two commands and the workers. */
const PROGRAMS = [
  'agent/cli',
  'agent/oip/decoder/worker.node',
  'agent/profiler/probe.worker.node',
  'bench/cli',
  'workers/planner/worker.node',
  'workers/stage/worker.node',
];

/** Compiles the library with its types and the two commands, and writes the JSON Schema of every document. */
export async function buildLibrary(): Promise<void> {
  rmSync(LIBRARY, { recursive: true, force: true });
  execFileSync(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, 'tsconfig.lib.json')],
    { stdio: 'inherit' },
  );
  mendWorkerAddresses();
  for (const program of PROGRAMS) await bundle(program);
  // The compiler copies the predictor's JSON record, which is imported, but not the predictor.
  const predictor = 'models/predictor/predictor.onnx';
  copyFileSync(join(ROOT, predictor), join(LIBRARY, predictor));
  mkdirSync(join(ROOT, 'dist/schema'), { recursive: true });
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const json = JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2);
    writeFileSync(join(ROOT, `dist/schema/${name}.schema.json`), `${json}\n`);
  }
}

/** Corrects the URLs of workers, because the compiler rewrites file extensions only in imports. */
function mendWorkerAddresses(): void {
  for (const file of readdirSync(LIBRARY, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js')) continue;
    const path = join(LIBRARY, file);
    const text = readFileSync(path, 'utf8');
    const mended = text.replace(/(new URL\('[^']+)\.ts(', import\.meta\.url\))/g, '$1.js$2');
    if (mended !== text) writeFileSync(path, mended);
  }
}

/**
 * Bundles a program with the modules that it imports, because a process loads few files faster than two hundred. Zod is bundled,
 * too, because it alone has a hundred files. Other packages have few files and stay imports.
 */
async function bundle(program: string): Promise<void> {
  const { build } = await import('vite');
  const folder = join(LIBRARY, dirname(program));
  await build({
    configFile: false,
    logLevel: 'error',
    root: LIBRARY,
    plugins: [
      {
        name: 'ipa-edge:module-urls',
        // Some modules find another file by their own path, which differs from the path of the bundle.
        transform(code, id) {
          const own = relative(folder, id).replaceAll(sep, '/');
          return code.replace(/\bimport\.meta\.url\b/g, `new URL('${own}', $&).href`);
        },
      },
    ],
    ssr: { noExternal: ['zod'] },
    build: {
      ssr: join(LIBRARY, `${program}.js`),
      target: 'esnext',
      minify: false,
      license: { fileName: `${program}.licences.md` },
      outDir: LIBRARY,
      emptyOutDir: false,
      rolldownOptions: {
        output: { entryFileNames: `${program}.js`, chunkFileNames: `${program}-[name]-[hash].js` },
      },
    },
  });
}
