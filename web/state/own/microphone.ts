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
  /**
   * Resolves when the recording ends, by `stop` or at its longest duration. Rejects with a MicrophoneError if the microphone gave
   * no sound.
   */
  readonly sound: Promise<Blob>;
  stop(): void;
}

/** The browser hands over what it has recorded at this interval. */
const PART_MS = 100;

/**
 * Asks for the microphone and begins to record. Resolves once the microphone gives sound, for which a microphone on Bluetooth may
 * take a second. Without any sound, it resolves when the recording ends.
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
    return await recordingOf(stream, longestS, release);
  } catch (cause) {
    release();
    throw new MicrophoneError('this browser cannot record its sound', 'Use another browser', { cause });
  }
}

/**
 * Begins to record a stream. Resolves at the first sound of the recording, or at its end.
 * @param release ends the stream, so that the browser no longer shows that the page listens
 */
const recordingOf = (stream: MediaStream, longestS: number, release: () => void) =>
  new Promise<MicrophoneRecording>((begin) => {
    const recorder = new MediaRecorder(stream);
    recorder.start(PART_MS);
    const parts: Blob[] = [];
    const stop = () => {
      if (recorder.state !== 'inactive') recorder.stop();
    };
    const stopLater = () => setTimeout(stop, 1000 * longestS);
    let timer = stopLater();
    const sound = new Promise<Blob>((end, fail) => {
      recorder.ondataavailable = ({ data }) => {
        if (data.size === 0) return;
        parts.push(data);
        if (parts.length > 1) return;
        // The longest duration counts from the first sound.
        clearTimeout(timer);
        timer = stopLater();
        begin({ sound, stop });
      };
      recorder.onstop = () => {
        clearTimeout(timer);
        release();
        if (parts.length > 0) end(new Blob(parts, { type: recorder.mimeType }));
        else fail(new MicrophoneError('it gave no sound', 'Check its switch, then record again'));
        begin({ sound, stop });
      };
    });
    // If the user chose another pipeline meanwhile, nothing awaits the recording, and it may still end without sound.
    sound.catch(() => {});
  });
