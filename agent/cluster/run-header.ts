/** Header of a replica's response to a batch: milliseconds that the batch waited and ran there. The rest is its way there and back. */
export const RUN_MS_HEADER = 'ipa-edge-run-ms';
