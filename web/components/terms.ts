const WORDS = {
  // What is asked
  SLA: 'The longest time that a request may take, from its arrival to its answer (SLA: service-level agreement). Some requests may take longer: how many, the share of requests that must be in time says.',
  'Arrival rate':
    'How many requests come in per second. A plan must keep up with them without a growing queue.',
  'Share of requests that must be in time':
    'With 95 %, 95 of 100 requests must be answered within the time limit (p95). A larger share keeps more room for slow moments, and so allows fewer models.',
  'What counts more':
    'Each position is a combination of models that no other one beats in both accuracy and cost. To the right, accuracy and cost rise.',
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
    'How often the whole pipeline is right, measured on labelled requests: an error of an early stage is carried through the later ones.',
  PAS: 'Pipeline accuracy score: the product of the accuracies of all stages. The planner compares choices by it, as it is quick to tell; the accuracy end to end says what users get.',
  Cost: 'Price per core × cores that the plan occupies + price per GPU × its share of the GPU. A core costs 1 unless you say otherwise, so that a cost of 2 is two cores.',
  Bound:
    'The time that the planner allows at most: each stage waits for a batch to fill, then runs it. The bounds of all stages together must be within the SLA. That is the worst case: most requests are faster, as the simulated latencies show.',

  // The plan, stage by stage
  Stage:
    'One step of the pipeline, such as detecting or classifying. It takes items from the stage before and passes on its results.',
  Variant: 'One of the models that can do a stage’s work. Variants differ in accuracy and speed.',
  Backend: 'What runs the model: webgpu is the graphics card, wasm or cpu the processor.',
  Batch:
    'How many items the model answers in one run. A larger batch answers more items per second, but each item waits longer.',
  'Batch sizes':
    'How many items a model answers in one run. A larger batch answers more items per second, but each item waits longer.',
  Wait: 'How long an item waits at most for its batch to fill.',
  Replicas: 'How many copies of the model run side by side, each in a worker of its own.',
  Weights:
    'The number type of the model’s weights. Smaller types, such as q8 (8 bits), make a smaller file, and are sometimes faster or less accurate.',
  Accuracy: 'The model’s score on labelled examples, by the metric of its task.',
  Arriving:
    'How many items reach the stage per second at the arrival rate: a request can bring it several, or none.',
  'stands by':
    'This lighter model is loaded too, and usually idle. In a burst, when requests come faster than planned for, it answers those that would otherwise be too late: less accurately, but in time.',
  confidence:
    'How sure the light model says it is of its answer, from 0 to 1. Under this limit the heavy model answers instead.',
  Certificate:
    'The planner compares all combinations. The objective is α × accuracy − β × cost of the choice; the bound is the highest that any choice could reach. Where both are equal, no other choice is better.',
  'Items/s': 'How many items per second it can answer at most, with batches full.',
  'Chosen with β':
    'The weights of cost for which the planner chooses this combination, at a weight of accuracy of 1.',
  Batches: 'The batch size of each stage, in order.',

  // What was measured
  'Budget (s)':
    'Time for measuring speed. With less time, figures are less certain and large batches may be left out. Loading models and measuring accuracy come on top.',
  'Threads, on wasm': 'How many cores of the processor one model may use at once.',
  'Seed of the order':
    'Cells are measured in random order, so that a warm or busy device puts no model at a disadvantage. The same seed gives the same order, so that an interrupted profile goes on; another seed starts anew.',
  n: 'How many samples the figure rests on.',
  Load: 'Time to read the model’s file, once.',
  Create: 'Time for ONNX Runtime to prepare the model, once.',
  'First run': 'Time of the very first batch, which is slower than the later ones.',
  Validity: 'Marks of figures that need care; the notes above the charts explain each.',
  Published: 'The accuracy that the model’s makers state.',
  'Timer grain': 'The smallest step of the browser’s clock.',
  'Cross-origin isolated': 'A page with certain headers gets threads and a fine clock from the browser.',

  // Trying a plan
  'Scale of the rate': 'A factor for the rate of requests: 2 sends twice as many.',
  Sent: 'Requests sent so far.',
  Shed: 'Requests refused at once, because they could not have been answered in time.',
  'In flight': 'Requests that are being answered now.',
};

/**
 * What the words of this field mean, for a reader who knows browsers and models. A word is explained wherever it stands as a
 * label, a head of a table, or the name of a figure; its key here is the text that is shown there.
 */
export const TERMS: Readonly<Record<string, string>> = {
  ...WORDS,
  'Time limit (SLA)': WORDS.SLA,
  'Time at most': WORDS.Bound,
  'p50 latency': WORDS.p50,
  'p95 latency': WORDS.p95,
  'p99 latency': WORDS.p99,
};
