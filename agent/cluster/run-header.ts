/** Header of a replica's response to a batch: milliseconds that the batch waited and ran in the replica, so without the hop. */
export const RUN_MS_HEADER = 'ipa-edge-run-ms';
