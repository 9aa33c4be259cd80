let context: AudioContext | undefined;
let stopPlaying: (() => void) | undefined;

/**
 * Plays a recording in place of the one that plays now.
 * @param samples from −1 to 1
 * @param onEnd called once, when the recording has ended or was stopped
 * @returns a function that stops the recording
 */
export function play(
  samples: Float32Array<ArrayBuffer>,
  sampleRateHz: number,
  onEnd: () => void,
): () => void {
  stopPlaying?.();
  context ??= new AudioContext();
  // A browser may suspend sound until the user presses a button. The user has just pressed one.
  void context.resume();
  const buffer = context.createBuffer(1, samples.length, sampleRateHz);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  const stop = () => source.stop();
  source.onended = () => {
    if (stopPlaying === stop) stopPlaying = undefined;
    onEnd();
  };
  source.connect(context.destination);
  source.start();
  stopPlaying = stop;
  return stop;
}
