const WORDS = {
  // The pipeline and the device
  Pipeline:
    'Models that answer a request one after the other, stage by stage: one may find the garments in a picture, and the next one name each.',
  'Labelled pack':
    'Examples with their right answers, in one file. Measuring and runs send them as requests, and judge the answers by them.',
  Task: 'What a stage does, such as finding objects in pictures or classifying texts.',
  Decoder:
    'The number type of the weights of a decoder: the second part of a model that writes texts, after its encoder.',
  Revision: 'The version of the model’s files: a branch, a tag or a commit of its repository.',
  Adapter:
    'What the browser gives a page to compute with: a graphics card, or software that stands in for one.',
  'f16 shaders': 'Whether the graphics card computes with numbers of 16 bits, as models of the type fp16 do.',
  Subgroups:
    'Whether threads of the graphics card pass values to each other directly, which makes some models faster.',
  'Largest buffer':
    'The most bytes of the graphics card’s memory in one piece, such as the weights of a layer.',
  'Storage binding':
    'The most bytes that one step of a model can read or write on the graphics card at once.',
  'Workgroup storage': 'The fast memory that a group of threads of the graphics card shares.',
  'Workgroup size': 'The most threads of the graphics card that can work as one group.',
  'ONNX Runtime':
    'The library that runs the models. Its builds jspi and asyncify differ in how they wait for the graphics card.',

  // The request for a plan
  SLA: 'The longest time that a request may take, from its arrival to its answer (SLA: service-level agreement). Some requests may take longer: how many, the share of requests that must be in time says.',
  'Arrival rate':
    'How many requests come in per second. A plan must keep up with them without a growing queue.',
  'Share of requests that must be in time':
    'With 95 %, 95 of 100 requests must be answered within the time limit (p95). A larger share keeps more room for slow moments, and so allows fewer models.',
  'What counts more':
    'Each position is the combination of models that is best for some weights of accuracy and cost. To the right, accuracy and cost rise. The chart shows them as filled dots, of which the first and the last are numbered; its hollow dots, and the table’s shorter time limits, are further choices.',
  Backends:
    'What runs a model: webgpu is the graphics card, wasm the processor by WebAssembly, as a browser has them; cpu and cuda are the same for Node.',
  Cores: 'How many cores of the processor the plan may occupy.',
  'Weight of accuracy, α':
    'The planner looks for the largest α × accuracy − β × cost. Only the ratio of the two weights matters.',
  'Weight of cost, β':
    'The accuracy that one unit of cost must at least bring. With β = 0 cost does not matter; the larger β, the cheaper the plan.',

  // Predictions for a plan
  p50: 'Half of the requests are answered faster than this (the median).',
  p95: '95 of 100 requests are answered faster than this.',
  p99: '99 of 100 requests are answered faster than this.',
  Attainment:
    'The share of all requests that are answered within the SLA. Refused and failed requests count as late.',
  Goodput: 'How many requests per second are answered within the SLA.',
  'Accuracy, end to end':
    'How often the whole pipeline is right, measured on labelled requests: an early stage’s errors reach the later ones. PAS, which the planner compares, only multiplies what the stages reach alone, so the two differ a little.',
  PAS: 'Pipeline accuracy score: the product of the accuracies that the stages reach alone. The planner compares choices by it; the accuracy end to end, which is measured, says what users get.',
  Cost: 'What the plan occupies: 1 for each core, and 8 × its share of the GPU, which is priced as 8 cores. A worker holds its cores also while it waits. Stages on a CPU may share a worker, which costs less than a worker for each.',
  'In time if slower':
    'Share of the requests that are in time if each batch takes a tenth longer than measured: a device is slower in some minutes than in others. A plan is chosen that keeps the SLA then, too, if there is one.',
  Bound:
    'The time that the planner allows at most: each stage waits for a batch to fill, and the batch is a slow one. The bounds of all stages together must be within the SLA. Most requests are faster, as slow stages seldom meet, and some slower, where a queue forms: the simulated latencies have both.',

  // The plan, stage by stage
  Run: 'One load of requests that a plan answered, on a device or in a simulation.',
  Plan: 'For each stage: a model, where it runs, how many items at a time, and in how many copies.',
  Stage:
    'One step of the pipeline, such as detecting or classifying. It takes items from the stage before and passes on its results.',
  Variant: 'One of the models that can do a stage’s work. Variants differ in accuracy and speed.',
  Backend:
    'What runs the model: webgpu is the graphics card, wasm or cpu the processor. Where several that were measured are fast enough, the plan takes the cheapest.',
  Batch:
    'How many items the model answers in one run. A larger batch answers more items per second, but each item waits longer.',
  'Batch sizes':
    'How many items a model answers in one run. A larger batch answers more items per second, but each item waits longer.',
  Wait: 'How long an item waits at most for its batch to fill.',
  Replicas: 'How many copies of the model run side by side, each in another worker.',
  Weights:
    'The number type of the model’s weights. Smaller types, such as q8 (8 bits), make a smaller file, and are sometimes faster or less accurate.',
  Accuracy:
    'The model’s score on labelled examples, by the metric of its task. Plans use the one that is measured on the labelled pack; without a pack, the published one.',
  Arriving:
    'How many items reach the stage per second at the arrival rate: a request can bring it several, or none.',
  'stands by':
    'This lighter model is loaded too, and usually idle. In a burst, when requests come faster than planned for, it answers those that would otherwise be too late: less accurately, but in time.',
  confidence:
    'How sure the first model says it is of its answer, from 0 to 1. Under this limit the second one answers instead.',
  Certificate:
    'The planner compares all combinations. The objective is α × accuracy − β × cost of the choice; the bound is the highest that any choice could reach. Where both are equal, no other choice is better.',
  'Items/s': 'How many items per second it can answer at most, with batches full.',
  'Chosen with β':
    'The weights of cost for which the planner chooses this combination, at a weight of accuracy of 1 and with its bound as the time limit. Rows with other bounds are for other time limits, so their weights may overlap.',
  Batches: 'The batch size of each stage, in order.',
  Variants: 'The model of each stage, in order.',
  'PAS without cascades': 'The best PAS for this cost if each stage has one model only.',
  'Variants without cascades': 'The models with which that PAS is reached, one for each stage.',

  // Measurements
  Cell: 'One figure to measure: how long a variant takes on a backend, with a batch size. It comes from many runs.',
  'Budget (s)':
    'Time for measuring speed. With less time, figures are less certain and large batches may be left out. Loading models and measuring accuracy come on top.',
  'Threads, on wasm': 'How many cores of the processor one model may use at once.',
  'Seed of the order':
    'Cells are measured in random order, so that a warm or busy device puts no model at a disadvantage. The same seed gives the same order, so that an interrupted profile goes on; another seed starts anew.',
  Ratio: 'The p50 of the other profile, divided by the p50 of this one: below 1, the other is faster.',
  '95 % interval':
    'The ratio lies in it with a certainty of 95 %. The fewer samples there are, and the more they differ, the wider it is.',
  n: 'How many samples the figure rests on.',
  Load: 'Time to read the model’s file, once.',
  Create: 'Time for ONNX Runtime to prepare the model, once.',
  'First run': 'Time of the very first batch, which is slower than the later ones.',
  Validity:
    '! and ✕ mark figures that need care, ○ tells where a figure is from; the notes above the charts explain each mark.',
  Published:
    'The accuracy that the model’s makers state, of examples of their own. Plans use the one that is measured on the labelled pack.',
  'Timer grain': 'The smallest step of the browser’s clock.',
  'Cross-origin isolated': 'A page with certain headers gets threads and a fine clock from the browser.',

  // Trying a plan
  'Load pattern':
    'How many requests come when. Constant: as many as the plan was made for. The others follow parts of a day of Twitter: bursty jumps to four times its rate for a while, steady stays low or high, and fluctuating has three bursts.',
  Seed: 'Draws the times at which requests come and the examples that they bring. The same seed draws the same.',
  Adapt:
    'Every few seconds the page forecasts the load and plans for it. Where another plan is better, it takes over while requests go on.',
  'Plan again every (s)':
    'How many seconds pass between two forecasts, after each of which the plan may change.',
  'Planned rate': 'How many requests per second the plan was made for.',
  Median: 'A forecast that the load exceeds as often as not.',
  p90: 'A forecast that the load exceeds in one of ten cases.',
  'Scale of the rate': 'A factor for the rate of requests: 2 sends twice as many.',
  Sent: 'Requests sent so far.',
  Shed: 'Requests refused at once, because they could not have been answered in time.',
  'In flight': 'Requests that are being answered now.',
  'Requests sent late by (p99, last 10 s)':
    'This page sends the requests as well. 99 of 100 were sent at most so much after they were due, which counts as a part of their latency. A cross marks that so many were sent so late that the latencies say little of the plan.',
};

/**
 * Explanations of technical terms, for a reader who knows browsers and models. The page explains a term wherever it is a label,
 * the head of a table's column, or the name of a figure, and those that `Term.tsx` lists also in sentences. The key is the text
 * of that label, head, name or word.
 */
export const TERMS: Readonly<Record<string, string>> = {
  ...WORDS,
  'Time limit (SLA)': WORDS.SLA,
  'Wait + slow batch': WORDS.Bound,
  'p50 latency': WORDS.p50,
  'This p50': WORDS.p50,
  'Other p50': WORDS.p50,
  Threads: WORDS['Threads, on wasm'],
  'p95 latency': WORDS.p95,
  'p99 latency': WORDS.p99,
};
