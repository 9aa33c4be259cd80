/** The microphone cannot be used. */
class MicrophoneError extends Error {
  override name = 'MicrophoneError';
  constructor(why: string, remedy: string, options?: ErrorOptions) {
    super(`The microphone cannot be used: ${why}. ${remedy}, or choose a sound file.`, options);
  }
}

/** The reason and the remedy for each error with which a browser refuses the microphone, by the name of the error. */
const REASONS: Readonly<Record<string, readonly [why: string, remedy: string]>> = {
  NotAllowedError: [
    'the browser does not allow this page to use it',
    "Allow the microphone in the browser's settings for this page, then record again",
  ],
  NotFoundError: ['this device has none', 'Connect one, then record again'],
  NotReadableError: ['another program may be using it', 'End that program, then record again'],
};

export interface MicrophoneRecording {
  /** Resolves when the recording ends, by `stop` or at its longest duration. */
  readonly sound: Promise<Blob>;
  stop(): void;
}

/**
 * Asks for the microphone and begins to record.
 * @param longestS duration in seconds after which the recording ends
 * @throws MicrophoneError
 */
export async function record(longestS: number): Promise<MicrophoneRecording> {
  const { mediaDevices } = navigator;
  // Browsers hide the devices from pages that are neither local nor sent over HTTPS.
  if (!mediaDevices)
    throw new MicrophoneError('browsers give it to no page over plain HTTP', 'Open this page over HTTPS');
  const stream = await mediaDevices.getUserMedia({ audio: true }).catch((cause: Error) => {
    const [why, remedy] = REASONS[cause.name] ?? [cause.message, 'Record again'];
    throw new MicrophoneError(why, remedy, { cause });
  });
  const release = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  try {
    return recordingOf(stream, longestS, release);
  } catch (cause) {
    release();
    throw new MicrophoneError('this browser cannot record its sound', 'Use another browser', { cause });
  }
}

/**
 * Begins to record a stream.
 * @param release ends the stream, so that the browser no longer shows that the page listens
 */
function recordingOf(stream: MediaStream, longestS: number, release: () => void): MicrophoneRecording {
  const recorder = new MediaRecorder(stream);
  const parts: Blob[] = [];
  const sound = new Promise<Blob>((resolve) => {
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => {
      clearTimeout(timer);
      release();
      resolve(new Blob(parts, { type: recorder.mimeType }));
    };
  });
  const stop = () => {
    if (recorder.state !== 'inactive') recorder.stop();
  };
  recorder.start();
  const timer = setTimeout(stop, 1000 * longestS);
  return { sound, stop };
}
